"""Tables kept as data."""
