"""Every guide, in the order of the page that lists them."""

from __future__ import annotations

from collections.abc import Sequence

from mailboxes.guides import (
    app_passwords,
    best_practices,
    brought,
    entra_app,
    entra_sign_in,
    exchange,
    google,
    personal_microsoft,
    standard,
)
from mailboxes.guides.parts import Guide

GUIDES: Sequence[Guide] = (
    best_practices.GUIDE,
    entra_app.GUIDE,
    entra_sign_in.GUIDE,
    personal_microsoft.GUIDE,
    exchange.ONLINE,
    exchange.ON_PREMISES,
    google.GUIDE,
    google.APP_PASSWORD,
    app_passwords.FASTMAIL,
    app_passwords.YAHOO,
    app_passwords.ZOHO,
    app_passwords.ICLOUD,
    standard.IMAP,
    standard.POP3,
    standard.OTHER_OAUTH,
    brought.FORWARDING,
)


def guide_named(key: str) -> Guide | None:
    """The guide with this key."""
    return next((guide for guide in GUIDES if guide.key == key), None)
