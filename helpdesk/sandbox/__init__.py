"""A mail world on loopback to play with: a mail server for one support address, and everybody else as its customer.

Only for demonstrations: it runs where DEMO is on, accepts any mail and knows no secrets worth keeping.
"""
