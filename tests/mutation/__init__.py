"""Mutation testing: whether the tests see a fault in what guards."""
