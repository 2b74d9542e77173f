"""Compiled kernels at work: threads, memory, what the machine can do."""
