"""What admins try single mails with: the parser bench, and mails made anonymous for a bug report."""
