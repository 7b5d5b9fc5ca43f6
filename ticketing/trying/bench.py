"""What becomes of a single mail that somebody has at hand: what the parser sees, and what each step would decide.

Nothing is stored. Outside any scope: the mail is parsed while no transaction waits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from helpdesk.lib.errors import DomainError
from ticketing.inbound.asked_runs import asked_run
from ticketing.inbound.dry_run import delivery_to
from ticketing.inbound.envelope import make_envelope
from ticketing.inbound.process import read_mail
from ticketing.mail.parse import parse_mail
from ticketing.mail.values import ParsedMail

MAX_BYTES = 10 * 1024 * 1024


class NoMail(DomainError):
    """What was given is no mail that can be tried."""

    code = "no_mail"


@dataclass(frozen=True)
class Benched:
    """One mail, looked at."""

    mail: ParsedMail
    size_bytes: int
    became: Mapping[str, Any] | None  # as a line of a dry run; None where no mailbox was chosen


def checked(content: bytes) -> bytes:
    """The bytes, if they can be tried. Raises NoMail with a sentence for the person."""
    if not content.strip():
        raise NoMail(_("Choose a file, or paste the source of a mail."))
    if len(content) > MAX_BYTES:
        raise NoMail(_("It is larger than 10 MB. Choose a smaller mail."))
    return content


def look_at(content: bytes, *, mailbox_id: int | None, organization_id: int) -> Benched:
    """The mail as it is read, and as the mailbox would take it now.

    Raises NoMail for bytes that are no mail at all.
    """
    if mailbox_id is None:
        return Benched(_read(parse_mail(content)), len(content), None)
    delivery = delivery_to(mailbox_id, content, organization_id=organization_id)
    mail = _read(read_mail(content, delivery))
    envelope = make_envelope(delivery, mail=mail, original=content)
    [became] = asked_run([envelope], organization_id=organization_id, original_of=lambda _envelope: content)
    return Benched(mail, len(content), became)


def _read(mail: ParsedMail) -> ParsedMail:
    if not mail.headers:
        raise NoMail(
            _("Nothing in it looks like a mail: it has no header. Save the mail as a file, or paste all of it.")
        )
    return mail
