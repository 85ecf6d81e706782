"""What shapes a token: the keys, their sources, and the values in use."""
