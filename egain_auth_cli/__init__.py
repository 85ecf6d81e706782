"""Command-line tokens for the eGain REST APIs."""

__version__ = "0.1.0"
