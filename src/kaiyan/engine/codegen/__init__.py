"""Kernels written as LLVM IR by Python and compiled in process; nothing of it is imported before the first kernel."""
