"""Operations on places in memory as native calls, one family a file; ``table`` lists them."""
