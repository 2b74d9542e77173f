"""A graph made into one of fewer steps that computes the same: each file is one rewrite."""
