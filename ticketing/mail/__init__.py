"""Mail as bytes and values: pure Python without Django, clock, files or network. Start reading at `parse.py`."""
