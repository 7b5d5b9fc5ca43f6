"""Making, testing and changing mailboxes, their servers and proxies."""
