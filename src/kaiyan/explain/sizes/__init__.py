"""Input sizes of a model: the smallest that runs, and those for which no layer drops a row or a column."""
