"""What a convolution is: sizes, pads, cost, receptive field. Standard library only, no arrays."""
