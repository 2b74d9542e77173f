"""Pictures: read, filtered, drawn beside their kernel, and written."""
