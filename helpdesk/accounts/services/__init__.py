"""Writes about people and organizations: keyword-only functions, one transaction each."""
