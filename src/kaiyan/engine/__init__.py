"""The same convolution, fast: a table of algorithms, asked and chosen by the plan."""
