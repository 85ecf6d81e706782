"""Making, reading, changing and removing profiles."""
