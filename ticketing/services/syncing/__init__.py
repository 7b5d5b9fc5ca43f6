"""Webhooks in: what another system says of its tickets becomes tickets, messages and changes here.

call ─▶ `accepting`: kept, then, in one transaction, ─▶ `mapping`: read ─▶ `applying`: ticket, `messages`, `fields`
"""
