"""Where a provider has the switch that lets mail programs in: known by the server's name, else in general words."""

from __future__ import annotations

import re

_IMAP_SWITCHES = (
    (re.compile(r"(^|\.)(gmail|googlemail)\.com$"), "switch_on_imap_google"),
    (re.compile(r"(^|\.)(office365|outlook|hotmail|live)\.(com|de|cn|us)$"), "switch_on_imap_microsoft"),
    (re.compile(r"(^|\.)zoho(pro)?\.[a-z.]+$"), "switch_on_imap_zoho"),
    (re.compile(r"(^|\.)yandex\.[a-z.]+$"), "switch_on_imap_yandex"),
    (re.compile(r"(^|\.)(gmx|web)\.(net|de|com|at|ch)$"), "switch_on_imap_gmx"),
)
_SMTP_SWITCHED_OFF = re.compile(r"SmtpClientAuthentication is disabled", re.IGNORECASE)


def imap_switch(host: str) -> str:
    """The code of the advice that names the switch for IMAP."""
    known = (code for pattern, code in _IMAP_SWITCHES if pattern.search(host.lower().rstrip(".")))
    return next(known, "switch_on_imap")


def says_smtp_is_off(words: str) -> bool:
    """True if the server's refusal says that sending with a password is switched off for the mailbox or its tenant."""
    return bool(_SMTP_SWITCHED_OFF.search(words))
