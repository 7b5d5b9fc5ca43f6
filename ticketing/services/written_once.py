"""One writing is one message, however often its form is sent. The composer and the services that write ask here.

The form has a key, new at each opening of the composer. With what was written it becomes the mark that the message
keeps: the same text from the same opening is a repeat, another text is another message.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from django.utils.translation import gettext as _

from helpdesk.accounts.models import Membership
from helpdesk.lib.errors import DomainError
from ticketing.models import Message, Ticket
from ticketing.services.drafts import Writing


class AlreadyWritten(DomainError):
    """The ticket has this very writing; the press before brought it."""

    code = "already_written"

    def __init__(self) -> None:
        super().__init__(_("This was sent already."))


def mark_of(form_key: str, *, author: Membership, writing: Writing, file_names: Sequence[str] = ()) -> str | None:
    """What tells a repeat from another writing; None for a form without a key, which is never taken for a repeat.

    file_names: of files that come with the form itself.
    """
    if not form_key:
        return None
    people = [list(writing.to), list(writing.cc), list(writing.bcc)]
    said = [form_key, author.pk, writing.mode, writing.html, people, writing.answers_id, list(file_names)]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:32]


def is_written(ticket: Ticket, *, mark: str | None) -> bool:
    """The ticket has the message of this writing. No query without a mark."""
    return mark is not None and Message.objects.filter(ticket=ticket, written_mark=mark).exists()


def refuse_written(ticket: Ticket, *, mark: str | None) -> None:
    """Nothing, or AlreadyWritten. To be asked behind the lock of the organization's positions: repeats wait there."""
    if is_written(ticket, mark=mark):
        raise AlreadyWritten
