"""The mail that a connection test sends to the mailbox itself, and how intake knows it when it comes back.

What proves it is signed over the organization and the address in From, so that nothing needs to be remembered: the test
runs before the mailbox is saved. Some providers write a Message-ID of their own, or drop headers they do not know: for
them the mail carries a second mark, in a header, in its subject and in its text, which counts for MARK_LASTS.

    Message-ID           <pr-check.RANDOM.SIGNATURE@domain of the address>
    X-Postroom-Check     RANDOM.END.SIGNATURE                              END: hexadecimal seconds
    subject, text        [postroom-check:RANDOM.END.SIGNATURE]
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8

from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _

from helpdesk.lib import clock
from helpdesk.lib.net import ascii_host
from helpdesk.tenancy.state import required_organization_id
from mailboxes.diagnosis.arriving import MARK_HEADER
from mailboxes.models import Cause
from mailboxes.services.sending.origin import origin_headers

MARK_LASTS = timedelta(hours=24)
_SALT = "mailboxes.check_mail"
_MARK_SALT = "mailboxes.check_mark"
_SIGNATURE_CHARS = 32
_MARK_SIGNATURE_CHARS = 24  # so that the header stays on one line
_LOOKED_AT_CHARS = 4000  # of a text; a provider may put a warning before ours
_MAX_MARKS = 5
_ID = re.compile(r"pr-check\.([0-9a-f]{24})\.([0-9a-f]{32})@[^@\s]+", re.ASCII | re.IGNORECASE)
_MARK = re.compile(r"([0-9a-f]{24})\.([0-9a-f]{8,10})\.([0-9a-f]{24})", re.ASCII | re.IGNORECASE)
_IN_TEXT = re.compile(rf"\[postroom-check:({_MARK.pattern})\]", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class CheckMark:
    """A second mark as it stands in a mail, whoever wrote it."""

    name: str  # the random part, which the Message-ID of the same test has, too
    ends_at: int  # seconds since 1970
    signature: str

    def is_of(self, sender: str, *, at: datetime) -> bool:
        """True if the organization in scope made it for this sender, and it had not ended then."""
        if self.ends_at < at.timestamp():
            return False
        return _is_signed(f"{self.name}:{self.ends_at}:{sender.lower()}", self.signature, salt=_MARK_SALT)


def check_mail(address: str) -> bytes:
    """A mail from and to the mailbox's own address, as RFC 5322 bytes. Needs the organization's scope."""
    return check_mail_to(address, sender=address)[1]


def check_mail_to(address: str, *, sender: str, subject: str = "", text: str = "") -> tuple[str, bytes]:
    """The Message-ID, without brackets, and the bytes of a mail to the mailbox from one of its addresses.

    subject and text: instead of what says that this is a test; the text goes before the mark. A subject that is given
    carries none.
    """
    name = _new_name()
    signature = _signature(f"{name}:{sender.lower()}", salt=_SALT, key=settings.SECRET_KEY)
    message_id = f"pr-check.{name}.{signature}@{ascii_host(sender.rpartition('@')[2])}"
    mark = _mark(name, sender)
    mail = EmailMessage(policy=SMTP if (address + sender).isascii() else SMTPUTF8)
    mail["From"], mail["To"] = sender, address
    mail["Subject"] = subject or f"{_('Postroom: test of this mailbox')} {_line(mark)}"
    mail["Date"] = clock.now()
    mail["Message-ID"] = f"<{message_id}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail[MARK_HEADER] = mark
    for header, value in origin_headers(Cause.NOTICE, cause_id="check").items():
        mail[header] = value
    words = text or _("A test in Postroom sent this mail to see whether it comes back. It becomes no ticket.")
    mail.set_content(f"{words}\n\n{_line(mark)}\n", cte="8bit" if words.isascii() else "quoted-printable")
    return message_id, mail.as_bytes()


def line_by_hand(sender: str) -> tuple[str, str]:
    """A random part, and a line that marks any mail which has it in its text as the test of this name.

    It counts only where the name is remembered with `sender`, for whom it is signed, whoever the mail is from.
    """
    name = _new_name()
    return name, _line(_mark(name, sender))


def name_in_id(message_id: str) -> str:
    """The random part of a Message-ID (without brackets) of this form, whoever made it; "" for any other."""
    found = _ID.fullmatch(message_id)
    return found[1].lower() if found else ""


def marks_in(headers: Iterable[str], text: str) -> tuple[CheckMark, ...]:
    """The marks of these headers' values and of the beginning of a text, unverified; a few at most.

    text: what people read, the subject before it.
    """
    found = [_MARK.fullmatch(value.strip()) for value in headers]
    marks = [match.groups() for match in found if match]
    marks += [match.groups()[1:] for match in _IN_TEXT.finditer(text[:_LOOKED_AT_CHARS])]
    unique = dict.fromkeys((name.lower(), int(end, 16), signature.lower()) for name, end, signature in marks)
    return tuple(CheckMark(*parts) for parts in list(unique)[:_MAX_MARKS])


def check_named(message_id: str, *, marks: Iterable[CheckMark], sender: str, at: datetime) -> str:
    """The random part of the test that the mail is of, "" for none: of the organization in scope, under its sender.

    at: when the mail was received, by which its second mark must not have ended.
    """
    found = _ID.fullmatch(message_id)
    if found and _is_signed(f"{found[1].lower()}:{sender.lower()}", found[2].lower(), salt=_SALT):
        return found[1].lower()
    return next((mark.name for mark in marks if mark.is_of(sender, at=at)), "")


def _new_name() -> str:
    return secrets.token_hex(12)


def _line(mark: str) -> str:
    return f"[postroom-check:{mark}]"


def _mark(name: str, sender: str) -> str:
    ends_at = int((clock.now() + MARK_LASTS).timestamp())
    signature = _signature(f"{name}:{ends_at}:{sender.lower()}", salt=_MARK_SALT, key=settings.SECRET_KEY)
    return f"{name}.{ends_at:x}.{signature[:_MARK_SIGNATURE_CHARS]}"


def _is_signed(signed: str, signature: str, *, salt: str) -> bool:
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    wanted = [_signature(signed, salt=salt, key=key)[: len(signature)] for key in keys]
    return any(constant_time_compare(signature, each) for each in wanted)


def _signature(signed: str, *, salt: str, key: str | bytes) -> str:
    own = f"{required_organization_id()}:{signed}"
    return salted_hmac(salt, own, secret=key, algorithm="sha256").hexdigest()[:_SIGNATURE_CHARS]
