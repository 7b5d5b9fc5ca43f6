"""Forms of mailboxes, one for each kind of connection."""
