"""The system tests: a certified authorization server, the real keyring, a real browser; started by `run`."""
