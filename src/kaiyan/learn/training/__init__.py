"""A model trained: seeded, kept through a kill, drawn before and after."""
