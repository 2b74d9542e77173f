"""Causes around the model: files, devices, packages, other frameworks."""
