"""The mail that a connection test sends to the mailbox itself, and how intake knows it when it comes back.

Its Message-ID is signed over the organization and the address, so that nothing needs to be remembered: the test runs
before the mailbox is saved. It is known only under the From it was signed for.

    <pr-check.RANDOM.SIGNATURE@domain of the address>
"""

from __future__ import annotations

import re
import secrets
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8

from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _

from helpdesk.lib import clock
from helpdesk.lib.net import ascii_host
from helpdesk.tenancy.state import required_organization_id

_SALT = "mailboxes.check_mail"
_SIGNATURE_CHARS = 32
_ID = re.compile(r"pr-check\.([0-9a-f]{24})\.([0-9a-f]{32})@[^@\s]+", re.ASCII | re.IGNORECASE)


def check_mail(address: str) -> bytes:
    """A mail from and to the mailbox's own address, as RFC 5322 bytes. Needs the organization's scope."""
    return check_mail_to(address, sender=address)[1]


def check_mail_to(address: str, *, sender: str) -> tuple[str, bytes]:
    """The Message-ID, without brackets, and the bytes of a mail to the mailbox from one of its addresses."""
    random = secrets.token_hex(12)
    signature = _signature(random, sender, key=settings.SECRET_KEY)
    message_id = f"pr-check.{random}.{signature}@{ascii_host(sender.rpartition('@')[2])}"
    mail = EmailMessage(policy=SMTP if (address + sender).isascii() else SMTPUTF8)
    mail["From"], mail["To"] = sender, address
    mail["Subject"] = _("Postroom: test of this mailbox")
    mail["Date"] = clock.now()
    mail["Message-ID"] = f"<{message_id}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(
        _("A test in Postroom sent this mail to see whether it comes back. It becomes no ticket."),
        cte="8bit",
    )
    return message_id, mail.as_bytes()


def looks_like_check_mail(message_id: str) -> bool:
    """True for a Message-ID of this form, whoever made it."""
    return _ID.fullmatch(message_id) is not None


def is_check_mail(message_id: str, *, sender: str) -> bool:
    """True for the Message-ID (without brackets) of a test of the organization in scope, under the sender it had."""
    found = _ID.fullmatch(message_id)
    if found is None:
        return False
    random, signature = found.group(1).lower(), found.group(2).lower()
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return any(constant_time_compare(signature, _signature(random, sender, key=key)) for key in keys)


def _signature(random: str, address: str, *, key: str | bytes) -> str:
    signed = f"{required_organization_id()}:{random}:{address.lower()}"
    return salted_hmac(_SALT, signed, secret=key, algorithm="sha256").hexdigest()[:_SIGNATURE_CHARS]
