"""Taking mail over SMTP and LMTP, for `manage.py receive`."""
