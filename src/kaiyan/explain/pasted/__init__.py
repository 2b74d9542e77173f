"""Code that was pasted: read as a syntax tree, never executed; its shapes, where they fail, and fixes of its text."""
