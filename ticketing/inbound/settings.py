"""What the policy of one mailbox says, read once and kept while its version stands, which each mail's facts tell."""

from __future__ import annotations

import threading
from collections import OrderedDict, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from helpdesk.tenancy.state import required_organization_id
from ticketing.answering.settings import SILENT, Answering, load_answering
from ticketing.fields.values import field_of
from ticketing.inbound.automatic import DEFAULTS, Rules, stored_rules
from ticketing.inbound.filtering import ACCEPT_EVERYTHING, Entry, Filter, Filters, compile_filter
from ticketing.inbound.flood_settings import load_floods
from ticketing.inbound.floods import ORDINARY, FloodLimits
from ticketing.inbound.mapping.rules import UNMAPPED, compiled
from ticketing.inbound.mapping.rules import Rules as MappingRules
from ticketing.inbound.repeating import AS_IT_COMES, Repeats
from ticketing.inbound.rules.compiled import CompiledRule
from ticketing.inbound.rules.loading import active_rules
from ticketing.inbound.writer_settings import load_writers
from ticketing.inbound.writers import EVERYBODY, WriterRules
from ticketing.models.automatic import AutomaticPolicy
from ticketing.models.fields import TicketField
from ticketing.models.filters import EntryKind, FilterEntry, FilterMode, MailFilter
from ticketing.models.mail_policy import Copies, MailPolicy, Quotes
from ticketing.models.mapping import MailMapping

MAX_KEPT = 500  # organizations, in one process


@dataclass(frozen=True)
class Settings:
    """What the policy of one mailbox says."""

    filters: Filters
    automatic: Rules
    answers: Answering = SILENT
    writers: WriterRules = EVERYBODY
    repeats: Repeats = AS_IT_COMES
    floods: FloodLimits = ORDINARY
    asks_spam_daemon: bool = True  # where the operator runs one
    drops_quotes: bool = False  # of an answer the new text alone is stored
    mapping: MappingRules = UNMAPPED
    rules: tuple[CompiledRule, ...] = ()  # of the organization, those that are on, in order


UNSET = Settings(ACCEPT_EVERYTHING, DEFAULTS)


@dataclass(frozen=True)
class _Kept:
    version: int
    of_others: Settings
    by_mailbox: Mapping[int, Settings] = field(default_factory=dict)


_kept: OrderedDict[int, _Kept] = OrderedDict()
_lock = threading.Lock()


def settings_for(mailbox_id: int, *, version: int) -> Settings:
    """What was set for this mailbox as of this version of the organization's policy or later. Inside its scope.

    version: `Counters.policy_version`; 0 says that nothing was ever set. Each change gives another, never used before.
    """
    if version == 0:
        return UNSET
    organization_id = required_organization_id()
    with _lock:
        kept = _kept.get(organization_id)
    if kept is None or kept.version != version:
        kept = _load(version)
        with _lock:
            _kept[organization_id] = kept
            _kept.move_to_end(organization_id)
            if len(_kept) > MAX_KEPT:
                _kept.popitem(last=False)
    return kept.by_mailbox.get(mailbox_id, kept.of_others)


def _load(version: int) -> _Kept:
    """Twelve queries, and one more where a mailbox has a mapping."""
    rows = MailFilter.objects.exclude(mode=FilterMode.EVERYTHING).values_list("id", "mailbox_id", "mode")
    modes = {filter_id: (mailbox_id, FilterMode(mode)) for filter_id, mailbox_id, mode in rows}
    entries: dict[int, list[Entry]] = defaultdict(list)
    found = FilterEntry.objects.filter(mail_filter__in=list(modes)).order_by("id")
    for filter_id, kind, value, header in found.values_list("mail_filter_id", "kind", "value", "header"):
        entries[filter_id].append(Entry(EntryKind(kind), value, header))
    filters: dict[int | None, Filter] = {
        mailbox_id: compile_filter(mode, entries[filter_id]) for filter_id, (mailbox_id, mode) in modes.items()
    }
    of_all = filters.pop(None, ACCEPT_EVERYTHING.of_all)
    choices = AutomaticPolicy.objects.values_list("choices", flat=True).first()
    of_others = _with_mail_policy(
        Settings(Filters(of_all, ACCEPT_EVERYTHING.of_mailbox), stored_rules(choices or {}), floods=load_floods())
    )
    of_others = replace(of_others, rules=active_rules())
    answering, writers, mappings = load_answering(), load_writers(), _mappings()

    def settings_of(mailbox_id: int | None) -> Settings:
        own = filters.get(mailbox_id, ACCEPT_EVERYTHING.of_mailbox)
        answers = answering.by_mailbox.get(mailbox_id or 0, answering.of_others)
        return replace(
            of_others,
            filters=Filters(of_all, own),
            answers=answers,
            writers=writers.of(mailbox_id),
            mapping=mappings.get(mailbox_id or 0, UNMAPPED),
        )

    named = {mailbox_id for mailbox_id in filters if mailbox_id is not None}
    named |= answering.by_mailbox.keys() | writers.by_mailbox.keys() | mappings.keys()
    return _Kept(version, settings_of(None), {mailbox_id: settings_of(mailbox_id) for mailbox_id in named})


def _with_mail_policy(settings: Settings) -> Settings:
    row = MailPolicy.objects.values_list("repeat_days", "copies", "quotes", "asks_spam_daemon").first()
    if row is None:
        return settings
    days, copies, quotes, asks = row
    repeats = Repeats(days, Copies(copies))
    return replace(settings, repeats=repeats, drops_quotes=quotes == Quotes.DROP, asks_spam_daemon=asks)


def _mappings() -> dict[int, MappingRules]:
    rows = list(MailMapping.objects.all())
    fields = {row.key: field_of(row) for row in TicketField.objects.filter(is_active=True)} if rows else {}
    return {row.mailbox_id: compiled(row, fields=fields) for row in rows}
