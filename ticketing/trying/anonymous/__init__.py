"""A mail without what it says and whom it names, and with everything else as it is: for a bug report. Pure.

mails.anonymise ─ every part ▶ headers, texts, html ─ each word ▶ words
"""
