"""Where a mail is that somebody misses: a check list in order, each line with what to do, and the answer."""
