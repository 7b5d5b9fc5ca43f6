"""How the inbound log tells a mail's way through the policy: each step, what it saw, and the setting it went by.

The trace of the ledger has the names of the steps that were asked, and of each what `inbound/findings.py` saw.
"""
