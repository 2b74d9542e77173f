"""A model made faster, held against its own answers."""
