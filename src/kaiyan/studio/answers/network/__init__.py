"""What the page asks about networks: layers, maps, fields, sums, patches, answers."""
