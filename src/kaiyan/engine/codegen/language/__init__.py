"""A page to write routines on, the machines it is written for, and its way to machine code."""
