"""Reads about mailboxes, the ledger and the outbox."""
