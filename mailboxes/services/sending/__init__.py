"""From the outbox to an outgoing server, and what becomes of each recipient."""
