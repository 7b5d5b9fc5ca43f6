"""Tickets, the conversations in them, and the way from raw mail to ticket and back."""
