"""An address on loopback whose requests reach the API with the current token."""
