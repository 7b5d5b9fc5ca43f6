"""Writes: contacts, tickets, messages, search."""
