"""What a model does: every module and function that it calls, with shapes, lines and the failure."""
