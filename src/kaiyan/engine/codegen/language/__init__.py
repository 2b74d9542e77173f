"""A page to write kernels on, the machines it is written for, and its way to machine code."""
