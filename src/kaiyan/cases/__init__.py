"""Complete cases: marimo notebooks that are at once scripts, tests and pages, in English with Chinese beside it."""
