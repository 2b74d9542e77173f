"""A network as one program: a graph of operations, planned into native steps over memory laid out beforehand."""
