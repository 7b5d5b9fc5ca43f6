"""The spam filter that the operator may run beside Postroom: SpamAssassin's spamd, or Rspamd.

A mail that would open a ticket is shown to it before anything is written about the mail; nothing waits for it longer
than its time limit, and without a setting none of this runs.
"""
