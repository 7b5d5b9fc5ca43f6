"""A rule as a sentence: when what holds, it does what. Ids are shown by the names of what they stand for today."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ticketing.inbound.rules.effects import Left
from ticketing.inbound.rules.seen import SpamState, Trust
from ticketing.inbound.rules.written import Action, Condition, Group, actions_of, group_of
from ticketing.models import Priority, Rule, RuleVersion, Status
from ticketing.models.rules import Act, AppliesTo, Compare, Joined, Look
from ticketing.queries.rule_names import Names, names_in

COMPARE_WORDS: Mapping[tuple[Compare, bool], Promise] = {  # with whether it is negated
    (Compare.CONTAINS, False): gettext_lazy("contains"),
    (Compare.CONTAINS, True): gettext_lazy("does not contain"),
    (Compare.IS, False): gettext_lazy("is"),
    (Compare.IS, True): gettext_lazy("is not"),
    (Compare.STARTS, False): gettext_lazy("starts with"),
    (Compare.STARTS, True): gettext_lazy("does not start with"),
    (Compare.MATCHES, False): gettext_lazy("matches pattern"),
    (Compare.MATCHES, True): gettext_lazy("does not match pattern"),
    (Compare.THERE, False): gettext_lazy("is there"),
    (Compare.THERE, True): gettext_lazy("is not there"),
    (Compare.OVER, False): gettext_lazy("is over (KB)"),
    (Compare.OVER, True): gettext_lazy("is at most (KB)"),
}
SPAM_WORDS: Mapping[str, Promise] = {
    SpamState.CLEAN: gettext_lazy("clean (recognised)"),
    SpamState.SUSPECT: gettext_lazy("like spam"),
    SpamState.UNJUDGED: gettext_lazy("not judged"),
}
TRUST_WORDS: Mapping[str, Promise] = {
    Trust.PROVEN: gettext_lazy("proven (DMARC, DKIM or SPF)"),
    Trust.UNPROVEN: gettext_lazy("could not be proven"),
    Trust.FAILED: gettext_lazy("DMARC failed"),
    Trust.UNTOLD: gettext_lazy("the receiving server says nothing"),
    Trust.FIRST_CONTACT: gettext_lazy("writes for the first time"),
    Trust.OTHER_REPLY_TO: gettext_lazy("answers go to another domain"),
}
HOURS_WORDS: Mapping[str, Promise] = {
    "open": gettext_lazy("within business hours"),
    "closed": gettext_lazy("outside business hours"),
}
LANGUAGE_WORDS: Mapping[str, Promise] = {
    "ar": gettext_lazy("Arabic"),
    "bg": gettext_lazy("Bulgarian"),
    "cs": gettext_lazy("Czech"),
    "da": gettext_lazy("Danish"),
    "de": gettext_lazy("German"),
    "el": gettext_lazy("Greek"),
    "en": gettext_lazy("English"),
    "es": gettext_lazy("Spanish"),
    "fa": gettext_lazy("Persian"),
    "fi": gettext_lazy("Finnish"),
    "fr": gettext_lazy("French"),
    "he": gettext_lazy("Hebrew"),
    "hi": gettext_lazy("Hindi"),
    "hr": gettext_lazy("Croatian, Bosnian, Serbian (Latin)"),
    "hu": gettext_lazy("Hungarian"),
    "hy": gettext_lazy("Armenian"),
    "id": gettext_lazy("Indonesian, Malay"),
    "it": gettext_lazy("Italian"),
    "ja": gettext_lazy("Japanese"),
    "ka": gettext_lazy("Georgian"),
    "ko": gettext_lazy("Korean"),
    "nl": gettext_lazy("Dutch"),
    "no": gettext_lazy("Norwegian"),
    "pl": gettext_lazy("Polish"),
    "pt": gettext_lazy("Portuguese"),
    "ro": gettext_lazy("Romanian"),
    "ru": gettext_lazy("Russian"),
    "sk": gettext_lazy("Slovak"),
    "sr": gettext_lazy("Serbian (Cyrillic)"),
    "sv": gettext_lazy("Swedish"),
    "th": gettext_lazy("Thai"),
    "tr": gettext_lazy("Turkish"),
    "uk": gettext_lazy("Ukrainian"),
    "vi": gettext_lazy("Vietnamese"),
    "zh": gettext_lazy("Chinese"),
}
_ACTS: Mapping[Act, Promise] = {
    Act.TEAM: gettext_lazy("set team"),
    Act.ASSIGN: gettext_lazy("assign to"),
    Act.ASSIGN_TURN: gettext_lazy("assign in turn in"),
    Act.ASSIGN_LEAST: gettext_lazy("assign to the least busy in"),
    Act.CATEGORY: gettext_lazy("set category"),
    Act.PRIORITY: gettext_lazy("set priority"),
    Act.STATUS: gettext_lazy("set status"),
    Act.ADD_TAG: gettext_lazy("add tag"),
    Act.REMOVE_TAG: gettext_lazy("remove tag"),
    Act.FIELD: gettext_lazy("set field"),
    Act.NOTE: gettext_lazy("write the note"),
    Act.NO_ACKNOWLEDGEMENT: gettext_lazy("send no acknowledgement"),
    Act.CANNED: gettext_lazy("send the canned reply"),
    Act.PARTICIPANT: gettext_lazy("add to Cc of answers"),
    Act.ALSO_OPEN: gettext_lazy("also open a ticket for"),
    Act.STOP: gettext_lazy("stop"),
}
_NOTHING: Mapping[Act, Promise] = {
    Act.TEAM: gettext_lazy("no team"),
    Act.ASSIGN: gettext_lazy("nobody"),
    Act.ASSIGN_TURN: gettext_lazy("the ticket's team"),
    Act.ASSIGN_LEAST: gettext_lazy("the ticket's team"),
    Act.CATEGORY: gettext_lazy("no category"),
}
_APPLIES: Mapping[str, Promise] = {
    AppliesTo.NEW: gettext_lazy("When a new mail’s"),
    AppliesTo.ANSWERS: gettext_lazy("When an answer’s"),
    AppliesTo.BOTH: gettext_lazy("When a mail’s"),
}
_ALWAYS: Mapping[str, Promise] = {
    AppliesTo.NEW: gettext_lazy("For each new mail"),
    AppliesTo.ANSWERS: gettext_lazy("For each answer"),
    AppliesTo.BOTH: gettext_lazy("For each mail"),
}
_JOINS: Mapping[Joined, Promise] = {
    Joined.ALL: gettext_lazy("and"),
    Joined.ANY: gettext_lazy("or"),
    Joined.NONE: gettext_lazy("or"),
}
_LEFT: Mapping[str, Promise] = {
    Left.OVERRULED: gettext_lazy("a later action sets it otherwise"),
    Left.SAME: gettext_lazy("it was so already"),
    Left.GONE: gettext_lazy("not done: it was deleted, retired or switched off"),
    Left.NO_TEAM: gettext_lazy("not done: the ticket has no team"),
    Left.NOBODY: gettext_lazy("not done: nobody in the team can work on tickets"),
    Left.BAD_VALUE: gettext_lazy("not done: the field does not take this"),
    Left.HISTORY: gettext_lazy("not done: the mail was there before, and history is only sorted"),
    Left.NOT_ALLOWED: gettext_lazy("not done: the ticket cannot go there from its status"),
}
MAX_SHOWN_CHARS = 60


@dataclass(frozen=True)
class Piece:
    """A part of the sentence."""

    text: str
    kind: str = ""  # "" a word of ours, "value" of a condition, "to" of an action


def sentence(rule: Rule | RuleVersion, names: Names) -> list[Piece]:
    """The rule, in pieces. names: of everything it names."""
    group, actions = group_of(rule.conditions), actions_of(rule.actions)
    if not group.parts:
        opening = [Piece(str(_ALWAYS[rule.applies_to]))]
    else:
        opening = [Piece(str(_APPLIES[rule.applies_to])), *_group(group, names)]
    return [*opening, Piece(","), *_actions(actions, names)]


def said_of(rule: Rule | RuleVersion) -> str:
    """The sentence as plain text. Looks up what the rule names."""
    return " ".join(piece.text for piece in sentence(rule, names_in([rule]))).replace(" ,", ",")


def value_words(look: Look, value: str, names: Names) -> str:
    """The value of a condition, for people."""
    if look is Look.MAILBOX:
        return names.mailboxes.get(value, _("a mailbox that is gone"))
    if look is Look.COMPANY:
        return names.companies.get(value, _("a company that is gone"))
    words = {
        Look.LANGUAGE: LANGUAGE_WORDS,
        Look.SPAM: SPAM_WORDS,
        Look.TRUST: TRUST_WORDS,
        Look.HOURS: HOURS_WORDS,
    }.get(look)
    return str(words.get(value, value)) if words is not None else value


def action_words(action: Action, names: Names) -> str:
    """The value of an action, for people; "" for one that has none."""
    if action.act in (Act.STOP, Act.NO_ACKNOWLEDGEMENT):
        return ""
    if action.act is Act.FIELD:
        return f"{names.fields.get(action.field, action.field)}: {action.value or '–'}"
    if not action.value:
        return str(_NOTHING.get(action.act, ""))
    if action.act is Act.PRIORITY:
        return str(Priority(action.value).label)
    if action.act is Act.STATUS:
        return str(Status(action.value).label)
    if action.act is Act.NOTE:
        return action.value[:MAX_SHOWN_CHARS] + ("…" if len(action.value) > MAX_SHOWN_CHARS else "")
    known = {
        Act.TEAM: names.teams,
        Act.ASSIGN_TURN: names.teams,
        Act.ASSIGN_LEAST: names.teams,
        Act.ALSO_OPEN: names.teams,
        Act.ASSIGN: names.members,
        Act.CATEGORY: names.categories,
        Act.CANNED: names.canned,
    }.get(action.act)
    return action.value if known is None else known.get(action.value, _("something that is gone"))


def act_words(act: str) -> str:
    """What an action does, within a sentence."""
    return str(_ACTS[Act(act)]) if act in Act.values else act


def left_words(left: str) -> str:
    """Why an action was not carried out."""
    return str(_LEFT.get(left, left))


def look_words(look: Look, header: str = "") -> str:
    """What a condition looks at, within a sentence."""
    if look is Look.HEADER:
        return _("header %(name)s") % {"name": header}
    label = str(look.label)
    return label if look in (Look.SENDER, Look.RECIPIENT, Look.SENDER_NAME) else label[:1].lower() + label[1:]


def _group(group: Group, names: Names) -> Iterator[Piece]:
    if group.joined is Joined.NONE:
        yield Piece(_("none of these holds:"))
    for at, part in enumerate(group.parts):
        if at:
            yield Piece(str(_JOINS[group.joined]))
        if isinstance(part, Group):
            yield Piece("(")
            yield from _group(part, names)
            yield Piece(")")
        else:
            yield from _condition(part, names)


def _condition(condition: Condition, names: Names) -> Iterator[Piece]:
    yield Piece(look_words(condition.look, condition.header))
    yield Piece(str(COMPARE_WORDS[condition.compare, condition.is_negated]))
    for at, value in enumerate(condition.values):
        if at:
            yield Piece(_("or"))
        yield Piece(value_words(condition.look, value, names), "value")


def _actions(actions: Iterable[Action], names: Names) -> Iterator[Piece]:
    for at, action in enumerate(actions):
        if at:
            yield Piece(_("and"))
        yield Piece(act_words(action.act))
        if words := action_words(action, names):
            yield Piece(words, "to")
