"""Mail that is brought here: posted, or handed over by a mail server."""
