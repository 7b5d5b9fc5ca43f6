"""Real time: one process holds a connection for each mailbox that wants it, and wakes the poller."""
