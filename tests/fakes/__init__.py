"""Stand-ins for what the code under test takes: small classes, no mocking library."""
