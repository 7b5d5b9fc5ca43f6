"""Writes about connections, mailboxes, the ledger and the outbox: one use case each."""
