"""How mailboxes fare: health and its history, what ends soon, real time, and who is told."""
