"""The page where one sees a convolution: a local server, a notebook widget, one file for disk."""
