"""Guides as data, and as files."""
