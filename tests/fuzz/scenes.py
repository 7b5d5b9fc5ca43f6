"""Organizations that mail may come to: what is set there, and whether the mail leads to a ticket. No database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import product
from typing import Any

from ticketing.answering.settings import Answering
from ticketing.fields.values import Field
from ticketing.inbound.automatic import Rule as AutomaticRule
from ticketing.inbound.automatic import places
from ticketing.inbound.filtering import Entry, Filters, compile_filter
from ticketing.inbound.floods import Flood
from ticketing.inbound.mapping.rules import CommandRules, Copy, FileRule
from ticketing.inbound.mapping.rules import Rules as MappingRules
from ticketing.inbound.placeholders import Placeholder
from ticketing.inbound.repeating import Repeats
from ticketing.inbound.rules.compiled import CompiledRule, compile_rule
from ticketing.inbound.rules.written import Action, Condition, Group
from ticketing.inbound.settings import UNSET, Settings
from ticketing.inbound.twins import Twin
from ticketing.inbound.writers import Guest, Rights, Writer, WriterRules
from ticketing.mail.authentication import Checker
from ticketing.models import EntryKind, FieldKind, FilterMode, Priority, Status
from ticketing.models.automatic import AutomaticClass, NewMail
from ticketing.models.contact_group import ALL_FIELDS
from ticketing.models.loops import FloodScope
from ticketing.models.mapping import How, KeptFiles, Moment, RequesterFrom, Source
from ticketing.models.rules import Act, AppliesTo, Compare, Joined, Look
from ticketing.models.writers import NeededProof, Openers, Refused, Strangers, Updaters

MOMENT = datetime(2026, 11, 27, 12, tzinfo=UTC)
MAILBOX_ID = 7


@dataclass(frozen=True)
class Scene:
    """One organization as a mail finds it."""

    name: str
    settings: Settings = UNSET
    status: Status | None = None  # of the ticket that the mail leads to; None: it leads nowhere
    delivery: Mapping[str, Any] = field(default_factory=dict)  # what of the delivery is not as usual
    facts: Mapping[str, Any] = field(default_factory=dict)  # what else is known, whatever the mail says


FIELDS = {kind: Field(kind.value, kind.value.upper(), kind, ("low", "a", "Ärger")) for kind in FieldKind}
ENTRIES = (
    Entry(EntryKind.ADDRESS, "anna@customer.test"),
    Entry(EntryKind.DOMAIN, "customer.test"),
    Entry(EntryKind.SUBDOMAINS, "bücher.test"),
    Entry(EntryKind.WORDS, "out of office"),
    Entry(EntryKind.WORDS, "*ander*"),
    Entry(EntryKind.WORDS, "テント"),
    Entry(EntryKind.WORDS, "✂ ✂"),
    Entry(EntryKind.HEADER, "yes", "x-spam-flag"),
    Entry(EntryKind.HEADER, "", "list-id"),
)
PATTERNS = (r"(a+)+$", r"\bof{1,30}ice\b", r"[[:^ascii:]]{3}", r"^re(\s*:)*", r"(?s)begin.*end")
_TEXTS = (
    Look.SUBJECT,
    Look.BODY,
    Look.SENDER,
    Look.SENDER_NAME,
    Look.RECIPIENT,
    Look.HEADER,
    Look.FILE_NAME,
    Look.FILE_TYPE,
)
_HELD = (Compare.CONTAINS, Compare.IS, Compare.STARTS, Compare.MATCHES)
_SETS = {
    Look.DOMAIN: "*.test",
    Look.MAILBOX: str(MAILBOX_ID),
    Look.LANGUAGE: "de",
    Look.SPAM: "suspect",
    Look.TRUST: "first_contact",
    Look.COMPANY: "3",
}
_ACTIONS = (
    Action(Act.TEAM, "1"),
    Action(Act.ASSIGN, "2"),
    Action(Act.ASSIGN_TURN, "1"),
    Action(Act.ASSIGN_LEAST),
    Action(Act.CATEGORY, "9"),
    Action(Act.PRIORITY, Priority.HIGH.value),
    Action(Act.STATUS, Status.SOLVED.value),
    Action(Act.NOTE, "Seen."),
    Action(Act.ALSO_OPEN, "1"),
    Action(Act.CANNED, "3"),
    Action(Act.PARTICIPANT, "lab@partner.test"),
)


def _conditions() -> list[Condition]:
    """Everything that can be asked."""
    asked = [
        Condition(look, compare, PATTERNS if compare is Compare.MATCHES else ("a", "ß office"), header="received")
        for look, compare in product(_TEXTS, _HELD)
    ]
    asked += [Condition(look, Compare.IS, (value,)) for look, value in _SETS.items()]
    asked.append(Condition(Look.HAS_FILES, Compare.THERE))
    asked.append(Condition(Look.HEADER, Compare.THERE, header="reply-to"))
    asked.append(Condition(Look.SIZE, Compare.OVER, ("1",)))
    return asked


def _rules() -> tuple[CompiledRule, ...]:
    """A rule for each condition and its negation, and one with all of them in groups."""
    parts = [
        Condition(each.look, each.compare, each.values, no, each.header) for each in _conditions() for no in (0, 1)
    ]
    groups = [Group(parts=(part,)) for part in parts]
    groups += [Group(joined, tuple(groups)) for joined in Joined]
    return tuple(
        compile_rule(
            number,
            f"Rule {number}",
            version=1,
            applies_to=AppliesTo.BOTH,
            conditions=group,
            actions=[_ACTIONS[number % len(_ACTIONS)]],
        )
        for number, group in enumerate(groups, start=1)
    )


_KEPT_OUT = compile_filter(FilterMode.IGNORE, ENTRIES)
_ALLOWED = compile_filter(FilterMode.ALLOW, ENTRIES)
_OPEN = UNSET.filters.of_all
_COPIES = tuple(
    Copy(moment, source, "received" if source is Source.HEADER else "", known, how)
    for moment, source, known, how in product(Moment, Source, FIELDS.values(), How)
)
_MAPPING = MappingRules(
    values={"text": "a", "choices": ["low"]},
    copies=_COPIES,
    requester=RequesterFrom.REPLY_TO,
    most_prefixes=1,
    files=FileRule(KeptFiles.INLINE, frozenset({"exe", ""}), 1000),
)
_COMMANDED = MappingRules(
    values={"text": "a"}, commands=CommandRules("Ticket details", "en", How.APPEND, tuple(FIELDS.values()))
)
_MAY_SET = {"writer": Writer(rights=Rights(fields=frozenset({ALL_FIELDS})))}
_GUEST = Guest(5, "Guest")
_LISTED = WriterRules(
    openers=Openers.LISTED,
    lets_groups=True,
    domains=frozenset({"customer.test", "*.bücher.test"}),
    opening_strangers=Strangers.GUEST,
    opening_refused=Refused.ANSWER,
    updaters=Updaters.REQUESTER,
    updating_strangers=Strangers.GUEST,
    updating_refused=Refused.DISCARD,
    guest=_GUEST,
    proof=NeededProof.ALWAYS,
    servers=("mx.test",),
    has_groups=True,
)
_WRITER = {"writer": Writer(guest_rights=Rights(may_open=True))}
_ALL_TAKEN = {kind: AutomaticRule(NewMail.TICKET, places(kind)[0]) for kind in AutomaticClass}
_ALL_IGNORED = {kind: AutomaticRule(NewMail.IGNORE, places(kind)[-1]) for kind in AutomaticClass}
_ANSWERING = Answering(acknowledges=True, tells_not_worked=True, unanswered=_KEPT_OUT)
_WAITING = Placeholder(
    3,
    4,
    1,
    17,
    is_bounce=False,
    opened_ticket=True,
    is_spam=False,
    is_newest=True,
    has_other_files=False,
    fields={},
    came_again=False,
)

SCENES = (
    Scene("nothing set"),
    Scene("an answer", status=Status.SOLVED),
    Scene("an answer to a closed ticket", status=Status.CLOSED),
    Scene("ignored words", Settings(Filters(_KEPT_OUT, _OPEN), _ALL_TAKEN), status=Status.OPEN),
    Scene("allowed words", Settings(Filters(_OPEN, _ALLOWED), _ALL_TAKEN, answers=_ANSWERING)),
    Scene("automatic mail ignored", Settings(UNSET.filters, _ALL_IGNORED), status=Status.OPEN),
    Scene("automatic mail kept", Settings(UNSET.filters, _ALL_TAKEN, answers=_ANSWERING)),
    Scene("rules, new", Settings(UNSET.filters, _ALL_TAKEN, rules=_rules(), answers=_ANSWERING)),
    Scene("rules, answer", Settings(UNSET.filters, _ALL_TAKEN, rules=_rules()), status=Status.WAITING),
    Scene("mapping, new", Settings(UNSET.filters, _ALL_TAKEN, mapping=_MAPPING)),
    Scene("mapping, answer", Settings(UNSET.filters, _ALL_TAKEN, mapping=_MAPPING, drops_quotes=True), Status.OPEN),
    Scene("commands, new", Settings(UNSET.filters, _ALL_TAKEN, mapping=_COMMANDED, answers=_ANSWERING), facts=_MAY_SET),
    Scene("commands, answer", Settings(UNSET.filters, _ALL_TAKEN, mapping=_COMMANDED), Status.WAITING),
    Scene("writers, new", Settings(UNSET.filters, _ALL_TAKEN, writers=_LISTED), facts=_WRITER),
    Scene("writers, answer", Settings(UNSET.filters, _ALL_TAKEN, writers=_LISTED), Status.OPEN),
    Scene("too much", facts={"flood": Flood((FloodScope.SENDER, "a@b.test"), 60, is_known=False)}),
    Scene(
        "received before",
        Settings(UNSET.filters, UNSET.automatic, repeats=Repeats(3)),
        facts={"twin": Twin(1, 1, 17, "Sales")},
    ),
    Scene("a test", facts={"check_mail": "x", "has_own_id": True}),
    Scene("our own", facts={"has_own_id": True}),
    Scene("the rest of a mail", status=Status.OPEN, facts={"placeholder": _WAITING}),
    Scene("headers alone", delivery={"is_header_only": True, "checker": Checker.EXCHANGE}),
    Scene("history", delivery={"is_history": True, "default_charset": "windows-1251"}, status=Status.CLOSED),
    Scene("switched off", Settings(UNSET.filters, _ALL_TAKEN), delivery={"is_switched_off": True}),
    Scene("answers only", Settings(UNSET.filters, _ALL_TAKEN, answers=_ANSWERING), delivery={"answers_only": True}),
    Scene(
        "released",
        status=Status.CLOSED,
        delivery={"skips": ("ignore_filtered",), "joins_id": 1, "ordered_by": "Anna", "checker": Checker.GOOGLE},
    ),
)
