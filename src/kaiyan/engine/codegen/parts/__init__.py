"""What routines are made of: geometry, strips, tiles, transforms, what happens on the way to memory."""
