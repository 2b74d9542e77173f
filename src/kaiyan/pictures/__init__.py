"""Pictures: read, filtered, drawn beside their kernel, and written."""

from importlib.util import find_spec

if find_spec("PIL") is None:
    raise ModuleNotFoundError("pictures need Pillow: pip install 'kaiyan[see]'", name="PIL")
