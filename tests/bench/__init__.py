"""Measuring whole processes."""
