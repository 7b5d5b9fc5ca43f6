"""Integrations: the programs that work on tickets, their tokens, and what is theirs alone."""
