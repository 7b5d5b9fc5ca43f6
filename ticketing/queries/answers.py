"""Automatic answers: what became of those to one mail, and what is set about them."""

from __future__ import annotations

from dataclasses import dataclass

from mailboxes.models import Mailbox
from ticketing.models import AnswerPolicy, AnswerText, AutomaticAnswer, TextKind


def answers_to(raw_id: int) -> list[AutomaticAnswer]:
    """The automatic answers that the mail called for, in order, with outbox and mailbox. One query, in the scope."""
    return list(AutomaticAnswer.objects.filter(raw=raw_id).select_related("outbox", "raw__mailbox").order_by("id"))


@dataclass(frozen=True)
class KindOfText:
    """The texts of one kind that a mailbox has, or all have."""

    kind: TextKind
    texts: list[AnswerText]  # that for any language first
    has_any: bool  # one of its own for any language


def texts_of(mailbox: Mailbox | None) -> list[KindOfText]:
    """The texts of every kind, of the mailbox or of all. One query; inside the scope."""
    rows = list(AnswerText.objects.filter(mailbox=mailbox).order_by("language"))
    return [
        KindOfText(kind, found := [row for row in rows if row.kind == kind], any(not row.language for row in found))
        for kind in TextKind
    ]


def mailboxes_that_differ() -> list[AnswerPolicy]:
    """What single mailboxes say of their own, with the mailbox, by name. One query."""
    rows = AnswerPolicy.objects.exclude(mailbox=None).exclude(
        acknowledges=None, tells_not_worked=None, tells_too_large=None
    )
    return list(rows.filter(mailbox__deleted_at=None).select_related("mailbox").order_by("mailbox__name"))
