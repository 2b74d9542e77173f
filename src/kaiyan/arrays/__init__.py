"""The libraries whose arrays are taken, one row each."""
