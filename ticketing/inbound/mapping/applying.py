"""What one mail gives its ticket: defaults of the mailbox, then parts of the mail. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from ticketing.fields.commands import UNPROVEN, Commanded, Refused, read_block
from ticketing.fields.reading import read_value
from ticketing.fields.values import MAX_LONG_CHARS, MAX_TEXT_CHARS, BadValue, Field, Value, clean_value
from ticketing.inbound.decisions import Action, Decision
from ticketing.inbound.effects import goes_to_spam
from ticketing.inbound.envelope import Envelope
from ticketing.inbound.facts import Facts
from ticketing.inbound.files import KeptFile
from ticketing.inbound.mapping.files import Taken
from ticketing.inbound.mapping.rules import Copy, Rules
from ticketing.inbound.mapping.sources import text_of
from ticketing.inbound.policy.writers import claimed_fields, settable_fields
from ticketing.models import ALLOWED_TRANSITIONS, FieldKind, Status
from ticketing.models.mapping import How, Moment, Source

_SHOWN_CHARS = 80
_NOT_IN_HEADERS = frozenset({Source.BODY, Source.FILES, Source.IMAGES})
_TEXTS = (FieldKind.TEXT, FieldKind.LONG_TEXT)


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A field has another value."""

    field: Field
    before: Value | None
    after: Value | None


@dataclass(frozen=True, slots=True)
class Unread:
    """A part of the mail that its field does not take."""

    field: Field
    text: str


@dataclass(frozen=True, slots=True)
class Mapped:
    """What the mail gives."""

    values: Mapping[str, Value] = field(default_factory=dict)  # of the ticket afterwards, by key
    changes: tuple[FieldChange, ...] = ()
    unread: tuple[Unread, ...] = ()
    tag_ids: tuple[int, ...] = ()
    tag_names: tuple[str, ...] = ()  # of commands; made where there are none
    routing: Mapping[str, Any] = field(default_factory=dict)  # columns of the ticket that commands set, but its status
    status: str = ""  # that commands set
    refused: tuple[Refused, ...] = ()  # lines of commands
    file_ids: Mapping[int, UUID] = field(default_factory=dict)  # of files in fields, by their place in the mail

    @property
    def said(self) -> dict[str, object]:
        """What the reason of the verdict names."""
        said: dict[str, object] = {}
        if self.changes:
            said["mapped"] = [change.field.label for change in self.changes]
        status, tags = ["status"] if self.status else [], ["tags"] if self.tag_names else []
        commanded = [*self.routing, *status, *tags]
        if commanded:
            said["commanded"] = commanded
        if self.refused:
            said["not_followed"] = [_told(each) for each in self.refused]
        if self.unread:
            said["unread"] = [{"field": each.field.label, "text": each.text[:_SHOWN_CHARS]} for each in self.unread]
        return said


NOTHING = Mapped()


def map_mail(envelope: Envelope, facts: Facts, decision: Decision, *, files: Sequence[KeptFile]) -> Mapped:
    """What this mail gives the ticket it opens or is added to.

    Spam gives nothing, nor do answers to it, quiet notes and bounces.

    files: the rows that its files become.
    """
    if decision.action is Action.COMPLETE:
        return _rest(envelope, facts, files)
    moment = _moment(decision, facts)
    if moment is None:
        return NOTHING
    rules: Rules = facts.settings.mapping
    match = facts.match if moment is Moment.UPDATE else None
    before: Mapping[str, Value] = match.ticket.fields if match else {}
    values = dict(before) | (dict(rules.values) if moment is Moment.NEW else {})
    of_files = Taken(files)
    unread = _copy([copy for copy in rules.copies if copy.when is moment], envelope, of_files, values=values)
    commanded = _commanded(facts, rules, status=match.ticket.status if match else Status.NEW)
    for known, given in commanded.values:
        if given is None:
            values.pop(known.key, None)
        else:
            values[known.key] = _joined(known, given, before=values.get(known.key), rules=rules)
    return Mapped(
        values=values,
        changes=_changes(
            before or (rules.values if moment is Moment.NEW else {}),
            values,
            touched=[*(copy.field for copy in rules.copies), *(known for known, _value in commanded.values)],
        ),
        unread=unread,
        tag_ids=rules.tag_ids if moment is Moment.NEW else (),
        tag_names=commanded.tags,
        routing={column: value for column, value in commanded.columns.items() if column != "status"},
        status=str(commanded.columns.get("status") or ""),
        refused=commanded.refused,
        file_ids=of_files.ids,
    )


def _rest(envelope: Envelope, facts: Facts, files: Sequence[KeptFile]) -> Mapped:
    """What a mail gives beside what its headers gave when they came alone: what is in its body, and its files."""
    found, is_auto = facts.placeholder, envelope.mail.automation.is_auto
    if found is None or found.is_bounce or found.is_spam or facts.failed or (is_auto and not found.opened_ticket):
        return NOTHING
    moment = Moment.NEW if found.opened_ticket else Moment.UPDATE
    copies = [copy for copy in facts.settings.mapping.copies if copy.when is moment and copy.source in _NOT_IN_HEADERS]
    values, of_files = dict(found.fields), Taken(files)
    unread = _copy(copies, envelope, of_files, values=values)
    changes = _changes(found.fields, values, touched=[copy.field for copy in copies])
    return Mapped(values=values, changes=changes, unread=unread, file_ids=of_files.ids)


def _copy(
    copies: Sequence[Copy], envelope: Envelope, of_files: Taken, *, values: dict[str, Value]
) -> tuple[Unread, ...]:
    """The values have what is copied, line after line; gives what no field took."""
    unread = []
    for copy in copies:
        try:
            value = _copied(copy, envelope, of_files, before=values.get(copy.field.key))
        except BadValue:
            unread.append(Unread(copy.field, text_of(copy, envelope)))
        else:
            values |= {} if value is None else {copy.field.key: value}
    return tuple(unread)


def _copied(copy: Copy, envelope: Envelope, files: Taken, *, before: Value | None) -> Value | None:
    """What the field holds then; None where the mail has nothing for it. Raises BadValue."""
    if copy.field.holds_files:
        return files.value(copy.source, before=before, how=copy.how) or None
    text = text_of(copy, envelope)
    return taken(copy.field, text, before=before, how=copy.how) if text else None


def _commanded(facts: Facts, rules: Rules, *, status: str) -> Commanded:
    """What the commands in the body set, as far as their sender may. status: the ticket's, before them."""
    commands = facts.commands
    if commands is None or rules.commands is None:
        return Commanded()
    return read_block(
        commands.block,
        names=commands.names,
        language=rules.commands.language,
        may_set=settable_fields(facts).may_set,
        could_set=claimed_fields(facts).may_set,
        statuses={status, *ALLOWED_TRANSITIONS[status]},
        clears=rules.commands.clears,
    )


def _told(refused: Refused) -> dict[str, str]:
    """In no language."""
    why = {"why": refused.why} if refused.why == UNPROVEN else {}
    return {"trouble": refused.trouble.value, "line": refused.line, **why}


def _joined(known: Field, value: Value, *, before: Value | None, rules: Rules) -> Value:
    """The value of a command, with what mapping gave where commands are set to add to it."""
    if rules.commands is None or rules.commands.how is How.REPLACE or before is None:
        return value
    if isinstance(value, list) and isinstance(before, list):
        return clean_value(known, [*before, *value]) or value
    return _text(known, value, before=before) if known.kind in _TEXTS and isinstance(value, str) else value


def taken(known: Field, text: str, *, before: Value | None, how: How) -> Value:
    """The value of the field once it takes the text. Raises BadValue.

    Text that is too long is cut: what replaces at its end, what is added at the beginning of all, so that the newest
    stays.
    """
    if known.kind in _TEXTS:
        return _text(known, text, before=before if how is How.APPEND else None)
    value = read_value(known, text)
    if value is None:
        raise BadValue("")
    if how is How.APPEND and isinstance(value, list) and isinstance(before, list):
        return clean_value(known, [*before, *value]) or value
    return value


def _text(known: Field, text: str, *, before: Value | None) -> str:
    is_long = known.kind == FieldKind.LONG_TEXT
    most = MAX_LONG_CHARS if is_long else MAX_TEXT_CHARS
    new = text.replace("\r\n", "\n").strip() if is_long else " ".join(text.split())
    if not before:
        return new[:most]
    between = "\n\n" if is_long else ", "
    joined = f"{before}{between}{new}"
    return joined if len(joined) <= most else f"…{joined[1 - most :]}"


def _moment(decision: Decision, facts: Facts) -> Moment | None:
    if decision.is_spam or decision.is_quiet or decision.is_sent or goes_to_spam(decision, facts):
        return None
    return {Action.OPEN: Moment.NEW, Action.ADD: Moment.UPDATE}.get(decision.action)


def _changes(
    before: Mapping[str, Value], after: Mapping[str, Value], *, touched: Sequence[Field]
) -> tuple[FieldChange, ...]:
    """Of the fields that parts of the mail or its commands touched."""
    fields = {known.key: known for known in touched}
    return tuple(
        FieldChange(known, before.get(key), after.get(key))
        for key, known in fields.items()
        if after.get(key) != before.get(key)
    )
