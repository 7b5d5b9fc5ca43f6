"""What the parser bench shows of a mail: what the parser saw, part by part."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from helpdesk.accounts.models import Organization
from mailboxes.models import Mailbox
from ticketing.dry_run_words import LineView, as_entry, line_views
from ticketing.log_words import steps_of
from ticketing.mail.values import Address, ParsedMail
from ticketing.remark_words import remark_words
from ticketing.steps.view import StepView
from ticketing.trying.bench import Benched

SHOWN_CHARS = 20_000  # of each text
SHOWN_HEADERS = 200


@dataclass(frozen=True)
class BenchView:
    """One mail as the bench shows it."""

    facts: Sequence[tuple[str, str]]
    texts: Sequence[tuple[str, str]]  # title and text, cut
    headers: Sequence[tuple[str, str]]
    mail: ParsedMail
    remarks: Sequence[str]
    steps: Sequence[StepView]
    line: LineView | None


def bench_view(benched: Benched, *, organization: Organization, mailbox: Mailbox | None) -> BenchView:
    """What the parser saw and what the mailbox would do, in words."""
    mail, became = benched.mail, benched.became
    lines: list[LineView] = []
    steps: list[StepView] = []
    if became is not None and mailbox is not None:
        lines = line_views([(1, became)], organization=organization, mailbox=mailbox)
        steps = steps_of(as_entry(became, mailbox=mailbox), organization=organization)[
            1:
        ]  # it was fetched from nowhere
    return BenchView(
        facts=[(label, value) for label, value in _facts(mail) if value],
        texts=[(title, text[:SHOWN_CHARS]) for title, text in _texts(mail) if text.strip()],
        headers=mail.headers[:SHOWN_HEADERS],
        mail=mail,
        remarks=[remark_words(each) for each in (*mail.defects, *mail.cut)],
        steps=steps,
        line=lines[0] if lines else None,
    )


def _facts(mail: ParsedMail) -> Iterator[tuple[str, str]]:
    yield _("Subject"), mail.subject
    yield _("From"), _people(mail.from_all)
    yield _("To"), _people(mail.to)
    yield "Cc", _people(mail.cc)
    yield "Reply-To", _people(mail.reply_to)
    yield _("Date"), date_format(localtime(mail.date), "DATETIME_FORMAT") if mail.date else ""
    yield "Message-ID", mail.message_id or ""
    yield "In-Reply-To", ", ".join(mail.in_reply_to)
    yield "References", ", ".join(mail.references)
    yield _("Ticket numbers"), ", ".join(f"#{number}" for number in mail.subject_numbers)
    yield _("Automatic mail"), _automation(mail)
    yield _("Failed delivery"), _bounce(mail)
    yield _("Signs of spam"), ", ".join(f"{name}: {value}" for name, value in mail.spam.items())


def _people(people: Iterable[Address]) -> str:
    return ", ".join(f"{each.name} <{each.address}>" if each.name else each.address for each in people)


def _automation(mail: ParsedMail) -> str:
    found = mail.automation
    if found.kind is None:
        return _("no")
    return _("%(kind)s, by: %(sign)s") % {"kind": found.kind, "sign": found.signal}


def _bounce(mail: ParsedMail) -> str:
    if mail.bounce is None:
        return ""
    return " ".join(filter(None, (", ".join(mail.bounce.recipients), mail.bounce.status, mail.bounce.diagnostic)))


def _texts(mail: ParsedMail) -> Iterator[tuple[str, str]]:
    yield _("New text"), mail.reply_text
    yield _("Quoted text"), mail.quoted_text
    yield _("Signature"), mail.signature
    if mail.text.strip() != mail.reply_text.strip():
        yield _("Whole text"), mail.text
