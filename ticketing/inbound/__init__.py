"""From a stored mail to contact, ticket, message and verdict. Start reading at `process.py`."""
