"""Causes inside a model: the sizes, axes and channels that do not fit."""
