"""Models that work, models that are broken, and the networks that are measured."""
