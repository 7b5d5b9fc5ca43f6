"""Trying the newest mails of a mailbox with its policy as it is now."""
