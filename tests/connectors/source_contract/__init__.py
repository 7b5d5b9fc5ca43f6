"""What every source does, whatever its protocol, shown against a real server. A kind joins by a row in `worlds`.

What only some kinds do, their Traits say. Mail that is brought has no source: which of these rows mean something there
too, and what shows them, stands in tests/mailboxes/push/test_source_contract.py.
"""
