"""The words of automatic answers, as people write them: checked for placeholders, told in the audit trail."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from helpdesk.accounts.models import Membership
from helpdesk.accounts.services import audit
from helpdesk.lib.errors import ChangedMeanwhile
from helpdesk.lib.text import clean_line
from mailboxes.models import Mailbox
from ticketing.answering.placeholders import broken_in, unknown_in
from ticketing.answering.vocabulary import KNOWN
from ticketing.mail.rich_text import clean_rich_text, is_blank, plain_text
from ticketing.models import AnswerText, TextKind

MAX_SUBJECT, MAX_HTML = 200, 20_000


@dataclass(frozen=True)
class Place:
    """Which text it is."""

    mailbox: Mailbox | None  # None: of all that have none of their own
    kind: TextKind
    language: str = ""  # "": any without a text of its own


@dataclass(frozen=True)
class TextInput:
    """What a person writes."""

    subject: str
    html: str


def tidy_text(kind: TextKind, written: TextInput) -> TextInput:
    """The words as they may be stored. Raises ValidationError by field, naming what is no placeholder."""
    subject = clean_line(written.subject)
    html = clean_rich_text(written.html, image=lambda _source: None)
    wrong = {
        "subject": [_("Write a subject.")] if not subject else refusals(subject, known=KNOWN[kind]),
        "html": [_("Write something.")] if is_blank(html) else refusals(html, known=KNOWN[kind]),
    }
    if len(subject) > MAX_SUBJECT:
        wrong["subject"].append(_("Keep it under %(n)d characters.") % {"n": MAX_SUBJECT})
    if len(html) > MAX_HTML:
        wrong["html"].append(_("Keep it under %(n)d characters.") % {"n": MAX_HTML})
    if any(wrong.values()):
        raise ValidationError({field: said for field, said in wrong.items() if said})
    return TextInput(subject, html)


@transaction.atomic
def save_text(place: Place, written: TextInput, *, version: int, actor: Membership | None = None) -> None:
    """Answers from now on say this. A change is audited. Inside the organization's scope.

    version: of the text that the person saw; 0 for a new one. Raises ValidationError by field, ChangedMeanwhile.
    """
    tidied = tidy_text(place.kind, written)
    row = _row(place)
    before = {"subject": row.subject, "text": plain_text(row.html)} if row is not None else {}
    values = {"subject": tidied.subject, "html": tidied.html, "version": version + 1}
    if row is None:
        row = _added(place, values, version=version)
    elif not AnswerText.objects.filter(pk=row.pk, version=version).update(**values):
        raise ChangedMeanwhile
    changes = audit.differences(before, after={"subject": tidied.subject, "text": plain_text(tidied.html)})
    if changes:
        audit.record("answers.text_changed", target=row, actor=actor, changes=changes, label=_label(place))


@transaction.atomic
def remove_text(place: Place, *, actor: Membership | None = None) -> None:
    """Answers from now on say what they say without it. Audited, if it was there. Inside the organization's scope."""
    row = _row(place)
    if row is not None:
        changes = {"subject": (row.subject, ""), "text": (plain_text(row.html), "")}
        audit.record("answers.text_removed", target=row, actor=actor, changes=changes, label=_label(place))
        row.delete()


def _row(place: Place) -> AnswerText | None:
    return AnswerText.objects.filter(mailbox=place.mailbox, kind=place.kind, language=place.language).first()


def _added(place: Place, values: dict[str, object], *, version: int) -> AnswerText:
    if version:  # somebody has removed what the person saw
        raise ChangedMeanwhile
    try:
        with transaction.atomic():
            row: AnswerText = AnswerText.objects.create(
                mailbox=place.mailbox, kind=place.kind, language=place.language, **values
            )
    except IntegrityError as error:
        raise ChangedMeanwhile from error
    return row


def refusals(text: str, *, known: Collection[str]) -> list[str]:
    """What is wrong with the placeholders in the text, as sentences; each names what it means."""
    offered = ", ".join(f"{{{{ {name} }}}}" for name in sorted(known))
    said = [
        _("“{{ %(name)s }}” is no placeholder here. These are: %(known)s.") % {"name": name[:60], "known": offered}
        for name in unknown_in(text, known=known)
    ]
    return said + [
        _("At “%(text)s” braces do not close, or hold something else.") % {"text": each} for each in broken_in(text)
    ]


def _label(place: Place) -> str:
    whose = place.mailbox.name if place.mailbox is not None else _("All mailboxes")
    return ", ".join(filter(None, [whose, str(place.kind.label), place.language]))
