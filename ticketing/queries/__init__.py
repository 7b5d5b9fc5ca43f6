"""Reads: tickets, search, the inbound log."""
