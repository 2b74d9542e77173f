"""The definition of convolution in NumPy: exact, any rank, short; every faster way is measured against it."""
