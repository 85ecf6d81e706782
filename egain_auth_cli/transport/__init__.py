"""The only package that holds the HTTP library."""
