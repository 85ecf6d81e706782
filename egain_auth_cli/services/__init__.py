"""Use cases; no Typer, no rich, no environment, no argv."""
