"""Mailboxes that mail is brought to."""
