"""Fakes of servers that cannot run here."""
