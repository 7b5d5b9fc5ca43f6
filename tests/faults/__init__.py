"""Postroom in processes of its own that are killed, stopped and starved; afterwards nothing is lost or doubled."""
