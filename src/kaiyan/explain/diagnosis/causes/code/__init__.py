"""Causes in the user's Python: calls, names, settings, types."""
