"""What a dry run found, in words: a line for each mail, and how many of each outcome."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from helpdesk.accounts.models import Organization
from mailboxes.models import Mailbox, Outcome, RemoteMessage
from ticketing.answer_words import why_not
from ticketing.fields.values import shown
from ticketing.inbound.decisions import Reason
from ticketing.log_words import LOOKS
from ticketing.models import AnswerCause, DryRun, Priority, Status
from ticketing.reason_links import filter_url, setting_url
from ticketing.reason_words import words_of


@dataclass(frozen=True)
class OutcomeCount:
    """How many mails would have one outcome."""

    outcome: str
    label: str
    tone: str
    icon: str
    count: int


@dataclass(frozen=True)
class LineView:
    """What one mail would become."""

    number: int  # by which others name it, from 1
    at: datetime
    sender: str
    subject: str
    label: str  # of the outcome
    tone: str
    icon: str
    why: str
    setting: str  # the address of what decided; "" when nothing was set
    where: str  # which ticket; "" for none
    ticket: int | None  # its number, where it is here already
    parts: Sequence[tuple[str, str]]  # what the ticket has then: label and value
    answers: Sequence[str]  # that its sender would get by themselves, or why not


@dataclass(frozen=True)
class DryRunView:
    """A dry run as its page shows it."""

    run: DryRun
    tried: int
    counts: Sequence[OutcomeCount]

    @property
    def is_over(self) -> bool:
        """Nothing more comes."""
        return self.run.ended_at is not None


def dry_run_view(run: DryRun) -> DryRunView:
    """The dry run and its counts, in the order of the log's outcomes."""
    found = Counter(line["outcome"] for line in run.lines)
    counts = [
        OutcomeCount(outcome.value, str(outcome.label), *LOOKS[outcome], found[outcome])
        for outcome in Outcome
        if found[outcome]
    ]
    return DryRunView(run, tried=len(run.lines), counts=counts)


def line_views(
    lines: Iterable[tuple[int, Mapping[str, Any]]], *, organization: Organization, mailbox: Mailbox
) -> list[LineView]:
    """The lines in words, without a query. Each with its number, from 1, as the others name it."""
    return [_line(number, line, organization, mailbox) for number, line in lines]


def _line(number: int, line: Mapping[str, Any], organization: Organization, mailbox: Mailbox) -> LineView:
    tone, icon = LOOKS[line["outcome"]]
    row = as_entry(line, mailbox=mailbox)
    ticket = line.get("ticket")
    return LineView(
        number=number,
        at=datetime.fromisoformat(line["at"]),
        sender=line["sender"],
        subject=line["subject"],
        label=str(row.get_outcome_display()),
        tone=tone,
        icon=icon,
        why=words_of(line["reason"], line["data"]),
        setting=filter_url(organization, row) or setting_url(organization, row) or _spam_url(organization, row),
        where=_where(ticket, number) if ticket else "",
        ticket=ticket["number"] if ticket else None,
        parts=parts_of(ticket) if ticket and ticket["is_new"] else (),
        answers=[answer_words(answer) for answer in line.get("answers", ())],
    )


def _spam_url(organization: Organization, row: RemoteMessage) -> str:
    """The switches of the mailbox, where a header or the spam daemon has spoken; "" otherwise."""
    if row.reason_code not in (Reason.SPAM_HEADER, Reason.SPAM_DAEMON):
        return ""
    return reverse("mailbox_spam", kwargs={"slug": organization.slug, "mailbox_id": row.mailbox_id})


def as_entry(line: Mapping[str, Any], *, mailbox: Mailbox) -> RemoteMessage:
    """What would stand in the inbound log; it is in no database."""
    return RemoteMessage(
        mailbox=mailbox,
        sender=line["sender"],
        message_id=line.get("message_id", ""),
        outcome=line["outcome"],
        reason_code=line["reason"],
        reason_data=line["data"],
        trace=line.get("trace", []),
    )


def _where(ticket: Mapping[str, Any], number: int) -> str:
    if ticket["opened_by"] is None:
        return _("Ticket")
    if ticket["opened_by"] + 1 == number:
        return _("New ticket")
    return _("The new ticket of mail %(number)s") % {"number": ticket["opened_by"] + 1}


def parts_of(ticket: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What the ticket would have: label and value of all that is set."""
    found = [
        (_("Requester"), ticket["requester"]),
        (_("Team"), ticket["team"]),
        (_("Assignee"), ticket["assignee"]),
        (_("Category"), ticket["category"]),
        (_("Company"), ticket["company"]),
        (_("Priority"), str(Priority(ticket["priority"]).label)),
        (_("Status"), str(Status(ticket["status"]).label)),
        (_("Tags"), ", ".join(ticket["tags"])),
        *((label, shown(kind, value)) for label, kind, value in ticket.get("fields", ())),
    ]
    return [(label, value) for label, value in found if value]


def answer_words(answer: Mapping[str, Any]) -> str:
    """What its sender would be told by itself, or why not."""
    what = str(AnswerCause(answer["cause"]).label)
    if answer["goes"]:
        return _("%(what)s: would be sent") % {"what": what}
    return _("%(what)s: would not be sent. %(why)s") % {
        "what": what,
        "why": why_not(answer["reason"], answer["data"]),
    }
