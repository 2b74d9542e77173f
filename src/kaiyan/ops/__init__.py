"""Arrays in, arrays of the same kind out."""
