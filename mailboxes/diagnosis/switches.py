"""Where a provider has the switch that lets mail programs in: known by the server's name, else in general words."""

from __future__ import annotations

import re

_PROVIDERS = (
    (re.compile(r"(^|\.)(gmail|googlemail)\.com$"), "google"),
    (re.compile(r"(^|\.)(office365|outlook|hotmail|live)\.(com|de|cn|us)$"), "microsoft"),
    (re.compile(r"(^|\.)zoho(pro)?\.[a-z.]+$"), "zoho"),
    (re.compile(r"(^|\.)yandex\.[a-z.]+$"), "yandex"),
    (re.compile(r"(^|\.)(gmx|web)\.(net|de|com|at|ch)$"), "gmx"),
)
_ADVICE = {
    "imap": {
        "": "switch_on_imap",
        "google": "switch_on_imap_google",
        "microsoft": "switch_on_imap_microsoft",
        "zoho": "switch_on_imap_zoho",
        "yandex": "switch_on_imap_yandex",
        "gmx": "switch_on_imap_gmx",
    },
    "pop3": {
        "": "switch_on_pop3",
        "google": "switch_on_pop3_google",
        "microsoft": "switch_on_pop3_microsoft",
        "zoho": "switch_on_pop3_zoho",
        "yandex": "switch_on_pop3_yandex",
        "gmx": "switch_on_imap_gmx",
    },
    "ews": {"": "switch_on_ews"},
}
_SMTP_SWITCHED_OFF = re.compile(r"SmtpClientAuthentication is disabled", re.IGNORECASE)


def switch_of(host: str, *, protocol: str) -> str:
    """The code of the advice that names the switch for IMAP, POP3 or Exchange Web Services."""
    known = (provider for pattern, provider in _PROVIDERS if pattern.search(host.lower().rstrip(".")))
    advice = _ADVICE[protocol]
    return advice.get(next(known, ""), advice[""])


def says_smtp_is_off(words: str) -> bool:
    """True if the server's refusal says that sending with a password is switched off for the mailbox or its tenant."""
    return bool(_SMTP_SWITCHED_OFF.search(words))
