"""Trained networks that work offline, built on the layers of ``kaiyan.nn``."""
