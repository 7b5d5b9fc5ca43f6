"""Signing in at providers, app registrations, and the tokens of both."""
