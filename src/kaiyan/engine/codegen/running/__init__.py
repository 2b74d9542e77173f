"""Compiled routines at work: threads, memory, what the machine can do."""
