"""Acquiring, renewing and forgetting tokens, logins and client secrets."""
