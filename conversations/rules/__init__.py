"""Routing rules: which queue a contact goes to, how urgent it is, and what it is about."""
