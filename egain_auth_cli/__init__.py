"""Command-line tokens for the eGain REST APIs."""

__version__ = "0.2.0"
