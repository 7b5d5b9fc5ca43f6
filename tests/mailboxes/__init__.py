"""Tests of the middle layer: mailboxes, polling, the ledger, the outbox."""
