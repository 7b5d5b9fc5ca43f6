"""Step by step through every way to connect a mailbox: plain data, shown by one template, written to docs/ too.

A guide is added as one module here and one line in `shelf.py`; `manage.py guides --write` renews docs/admin/guides.
"""
