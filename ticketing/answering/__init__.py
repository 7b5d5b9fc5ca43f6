"""Answers that nobody writes: what a mail calls for, whether it may be given, its words, and its way to the outbox.

    recording ─▶ wishing (asks the guard about the mail) ─▶ AutomaticAnswer + due work, with the mail's own transaction
    due work ─▶ sending (asks the guard about the recipient) ─▶ texts ─▶ outbox, message of the ticket

`guard` is the one place that says whether anything automatic may answer; whoever adds a reason not to adds it there.
"""
