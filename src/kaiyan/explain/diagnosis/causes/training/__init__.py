"""Causes in training: losses, targets, batches, backward."""
