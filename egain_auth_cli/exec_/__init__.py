"""Running a command with a token in its environment."""
