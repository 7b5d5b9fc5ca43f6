"""Rules: compiled once, asked about each mail that became part of a ticket, carried out with its rows.

    written ▶ compiled (kept with the policy's version) ▶ matched against a mail ▶ targets looked up ▶ effects ▶ rows

Everything up to the effects is pure; start reading at `planning.py`.
"""
