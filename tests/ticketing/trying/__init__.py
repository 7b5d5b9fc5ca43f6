"""Trying things on mail before they count: dry runs of a mailbox, the parser bench."""
