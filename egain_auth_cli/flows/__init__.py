"""One OAuth grant per file, and what a sign-in needs around it."""
