"""The routines, one family a file."""
