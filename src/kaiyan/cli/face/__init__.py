"""``kaiyan face``: faces found, named, recognised and seen through the network, on this machine alone."""
