"""The gradients of a convolution, by kernels made for them."""
