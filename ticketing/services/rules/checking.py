"""Whether conditions and actions can be kept: their shape and their size. What an id names is the form's to know."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext as _

from ticketing.fields.reading import read_value
from ticketing.fields.values import BadValue, field_of
from ticketing.inbound.rules.patterns import PatternRefused, compile_pattern
from ticketing.inbound.rules.written import Action, Condition, Group, conditions_in
from ticketing.models import EntryKind, Priority, Status, TicketField
from ticketing.models.rules import Act, Compare, Look
from ticketing.outbound.recipients import is_own, own_addresses
from ticketing.services.filter_entries import EntryRefused, tidy_entry
from ticketing.services.notice_texts import notice_problems

MAX_CONDITIONS = 50  # of one rule, however deep
MAX_LEVELS = 3  # groups in groups
MAX_VALUES = 100  # of one condition
MAX_VALUE_CHARS = 320
MAX_ACTIONS = 20
MAX_NOTE_CHARS = 5000
MAX_TAG_CHARS = 30
MAX_KB = 1024 * 1024

_TEXT = (Compare.CONTAINS, Compare.IS, Compare.STARTS, Compare.MATCHES)
COMPARES: Mapping[Look, tuple[Compare, ...]] = {
    Look.SUBJECT: _TEXT,
    Look.BODY: _TEXT,
    Look.SENDER: _TEXT,
    Look.SENDER_NAME: _TEXT,
    Look.DOMAIN: (Compare.IS, Compare.CONTAINS, Compare.STARTS, Compare.MATCHES),
    Look.RECIPIENT: _TEXT,
    Look.MAILBOX: (Compare.IS,),
    Look.HEADER: (*_TEXT, Compare.THERE),
    Look.HAS_FILES: (Compare.THERE,),
    Look.FILE_NAME: _TEXT,
    Look.FILE_TYPE: _TEXT,
    Look.SIZE: (Compare.OVER,),
    Look.LANGUAGE: (Compare.IS,),
    Look.SPAM: (Compare.IS,),
    Look.TRUST: (Compare.IS,),
    Look.COMPANY: (Compare.IS,),
    Look.HOURS: (Compare.IS,),
}
VALUELESS = frozenset({Act.STOP, Act.NO_ACKNOWLEDGEMENT})
EMPTY_MEANS_NONE = frozenset({Act.TEAM, Act.ASSIGN, Act.CATEGORY, Act.ASSIGN_TURN, Act.ASSIGN_LEAST})


def problem_of(condition: Condition) -> str:
    """Why the condition cannot be kept, as a sentence that says what to do; "" if it can."""
    if condition.look is Look.HEADER and not condition.header:
        return _("Name the header, as X-Mailer.")
    if condition.compare is Compare.THERE:
        return ""
    if not condition.values:
        return _("Say what to compare it with.")
    if len(condition.values) > MAX_VALUES:
        return _("At most %(most)s values. Split the rule.") % {"most": MAX_VALUES}
    if any(len(value) > MAX_VALUE_CHARS for value in condition.values):
        return _("At most %(most)s characters a value.") % {"most": MAX_VALUE_CHARS}
    if condition.compare is Compare.OVER:
        return _problem_of_size(condition)
    if condition.compare is Compare.MATCHES:
        return _problem_of_patterns(condition)
    return ""


def problem_of_action(action: Action) -> str:
    """The same of an action."""
    value = action.value
    if action.act in VALUELESS or (not value and action.act in EMPTY_MEANS_NONE):
        return ""
    if action.act in (Act.ADD_TAG, Act.REMOVE_TAG):
        return (
            ""
            if 0 < len(value) <= MAX_TAG_CHARS
            else _("A tag has 1 to %(most)s characters.") % {"most": MAX_TAG_CHARS}
        )
    if action.act is Act.NOTE:
        return _problem_of_note(value)
    if action.act is Act.FIELD:
        return _problem_of_field(action)
    if action.act is Act.PARTICIPANT:
        return _problem_of_address(value)
    if action.act is Act.PRIORITY:
        return "" if value in Priority.values else _("Choose a priority.")
    if action.act is Act.STATUS:
        return "" if value in Status.values else _("Choose a status.")
    return "" if value.isascii() and value.isdecimal() else _("Choose one.")


def problem_of_rule(group: Group, actions: tuple[Action, ...]) -> str:
    """The first thing that keeps the whole from being kept."""
    conditions = list(conditions_in(group))
    if len(conditions) > MAX_CONDITIONS or _levels(group) > MAX_LEVELS:
        return _("At most %(most)s conditions, in groups %(deep)s deep. Split the rule.") % {
            "most": MAX_CONDITIONS,
            "deep": MAX_LEVELS,
        }
    if not actions:
        return _("Say what the rule does: add an action.")
    if len(actions) > MAX_ACTIONS:
        return _("At most %(most)s actions.") % {"most": MAX_ACTIONS}
    problems = (*map(problem_of, conditions), *map(problem_of_action, actions))
    return next((each for each in problems if each), "")


def _problem_of_note(text: str) -> str:
    if not text.strip() or len(text) > MAX_NOTE_CHARS:
        return _("A note has 1 to %(most)s characters.") % {"most": MAX_NOTE_CHARS}
    return next(iter(notice_problems(text)), "")


def _problem_of_field(action: Action) -> str:
    row = TicketField.objects.filter(key=action.field, is_active=True).first()
    if row is None:
        return _("Choose a field.")
    try:
        read_value(field_of(row), action.value)
    except BadValue as refused:
        return refused.sentence
    return ""


def _problem_of_address(value: str) -> str:
    try:
        address = tidy_entry(EntryKind.ADDRESS, value).value
        if address != value.lower():
            raise EntryRefused("no_address", value)
    except EntryRefused as refused:
        return refused.sentence
    if is_own(address, own=own_addresses()):
        return _("This is an address of your own mailboxes. Answers do not go there.")
    return ""


def _levels(group: Group) -> int:
    return 1 + max((_levels(part) for part in group.parts if isinstance(part, Group)), default=0)


def _problem_of_size(condition: Condition) -> str:
    [*values] = condition.values
    if (
        len(values) == 1
        and values[0].isascii()
        and values[0].isdecimal()
        and len(values[0]) <= 7
        and int(values[0]) <= MAX_KB
    ):
        return ""
    return _("Write the size as a number of kilobytes, such as 500.")


def _problem_of_patterns(condition: Condition) -> str:
    for value in condition.values:
        try:
            compile_pattern(value)
        except PatternRefused as refused:
            words = _("“%(pattern)s” is no pattern that can be asked in bounded time: %(why)s.")
            return words % {"pattern": value[:60], "why": refused}
    return ""
