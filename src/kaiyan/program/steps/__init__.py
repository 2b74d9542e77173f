"""Every native step, one table: an operation on places in memory as native calls; a new one is a row of its family."""
