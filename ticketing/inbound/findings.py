"""What the steps saw in a mail that they let pass, and what was set for them: kept with the trace. In no language.

Only what is not so of an ordinary mail, where nothing was set, is written down: `ticketing/steps` knows the ordinary.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ticketing.inbound.automatic import DEFAULTS, recognise
from ticketing.inbound.decisions import Action, Decision
from ticketing.inbound.effects import goes_to_spam
from ticketing.inbound.envelope import Envelope
from ticketing.inbound.facts import Facts
from ticketing.inbound.filtering import Filter
from ticketing.inbound.mapping.rules import UNMAPPED
from ticketing.inbound.policy.filters import entry_data
from ticketing.inbound.policy.spam import told_of
from ticketing.inbound.policy.writers import opener_sign, updater_sign
from ticketing.inbound.rules.planning import looks_at
from ticketing.mail.spam_headers import Signal, spam_findings
from ticketing.models import AutomaticClass, Copies, FilterMode, Openers, Updaters

SAW = "saw"
_EVERY_SIGNAL = frozenset(Signal)
Seen = dict[str, Any]

_STEP_OF: Mapping[AutomaticClass, str] = {
    AutomaticClass.READ_RECEIPT: "ignore_report",
    AutomaticClass.FEEDBACK: "ignore_report",
    AutomaticClass.AUTO_REPLY: "ignore_automatic_answer",
    AutomaticClass.VACATION: "ignore_automatic_answer",
    AutomaticClass.GENERATED: "ignore_generated",
    AutomaticClass.LIST: "ignore_generated",
}


def findings(envelope: Envelope, facts: Facts, decision: Decision, *, asked: Sequence[str]) -> Mapping[str, Seen]:
    """The entry of the trace: by step that let the mail pass, then by what came after the verdict.

    asked: the names of the steps, the deciding one last.
    """
    delivery = envelope.delivery
    seen: Seen = {"size": {"bytes": delivery.size_bytes, "limit": delivery.limit_bytes}}
    found = [(name, _SEES[name](envelope, facts)) for name in asked[:-1] if name in _SEES]
    seen |= {name: told for name, told in found if told}
    seen |= {name: told for name, told in _automatic(envelope, facts).items() if name in asked[:-1]}
    if decision.action in (Action.OPEN, Action.ADD):
        seen |= {name: told for name, told in _afterwards(envelope, facts, decision).items() if told}
    if goes_to_spam(decision, facts):
        seen |= {"goes_to_spam": {}}
    return {SAW: seen}


def _own_mail(envelope: Envelope, facts: Facts) -> Seen:
    if facts.has_own_id:
        return {"has_own_id": True}
    return {"has_own_address": True} if envelope.sender in facts.own_addresses else {}


def _twin(_envelope: Envelope, facts: Facts) -> Seen:
    repeats, seen = facts.settings.repeats, Seen()
    if repeats.days is not None:
        seen["days"] = repeats.days
    if repeats.copies is not Copies.SAME_TEAM:
        seen["copies"] = repeats.copies.value
    return seen | ({"has_known_id": True} if facts.has_known_id else {})


def _automatic(envelope: Envelope, facts: Facts) -> dict[str, Seen]:
    """What was set for the class of the mail, under the step that asks about it."""
    found = recognise(envelope.mail, sender=envelope.sender)
    if found is None:
        return {}
    rule, default = facts.settings.automatic[found.kind], DEFAULTS[found.kind]
    chosen, ordinary = (rule.on_ticket, default.on_ticket) if facts.match else (rule.new, default.new)
    told = {"kind": found.kind.value, "signal": found.signal, "does": str(chosen), "is_default": chosen == ordinary}
    return {_STEP_OF[found.kind]: told} | ({"note_automatic": told} if facts.match else {})


def _ignoring(_envelope: Envelope, facts: Facts) -> Seen:
    return _by_owner(facts, FilterMode.IGNORE, lambda each: each.size)


def _allowing(envelope: Envelope, facts: Facts) -> Seen:
    if facts.match is not None:
        return _by_owner(facts, FilterMode.ALLOW, lambda _each: None)

    def entry(each: Filter) -> Seen | None:
        hit = each.hit(envelope.filtered)
        return entry_data(hit.entry) | {"place": hit.place} if hit else None

    return _by_owner(facts, FilterMode.ALLOW, entry)


def _by_owner(facts: Facts, mode: FilterMode, tell: Callable[[Filter], object]) -> Seen:
    """What is to be told of the filters of this mode: that of all mailboxes, and the mailbox's own."""
    filters = facts.settings.filters
    both = (("all", filters.of_all), ("own", filters.of_mailbox))
    return {owner: tell(each) for owner, each in both if each.mode is mode}


def _flood(envelope: Envelope, facts: Facts) -> Seen:
    recent, limits = facts.recent, facts.settings.floods
    if envelope.delivery.is_history or not (recent.of_sender or recent.of_mailbox):
        return {}
    return {
        "minutes": limits.window_minutes,
        "sender": [recent.of_sender, limits.per_sender],
        "pair": [recent.of_pair, limits.per_pair],
        "equal": [recent.equal, limits.equal],
    }


def _updater(envelope: Envelope, facts: Facts) -> Seen:
    match, rules = facts.match, facts.settings.writers
    if match is None:
        return {}
    told = {"who": rules.updaters.value, "of_all": rules.of_all}
    if rules.updaters is Updaters.TOKEN or envelope.delivery.is_history:
        return told
    return told | {"by": _by(facts, updater_sign(facts, match))}


def _new_mail(envelope: Envelope, facts: Facts) -> Seen:
    return {"is_answer": True} if envelope.delivery.answers_only and facts.match else {}


def _while_off(envelope: Envelope, facts: Facts) -> Seen:
    return {"is_answer": True} if envelope.delivery.is_switched_off and facts.match else {}


def _opener(envelope: Envelope, facts: Facts) -> Seen:
    rules = facts.settings.writers
    if facts.match is not None:
        return {"is_answer": True}
    if rules.openers is Openers.ANYONE or envelope.delivery.is_history:
        return {} if rules.of_all else {"of_all": False}
    return {"of_all": rules.of_all, "by": _by(facts, opener_sign(envelope, facts))}


def _by(facts: Facts, sign: str) -> str:
    """By whose right the mail got in: by what From names only where that counts, else by the guest's."""
    return sign if sign and facts.sender_counts else "guest"


def _answer(_envelope: Envelope, facts: Facts) -> Seen:
    return {"is_closed": True} if facts.match else {}


def _spam(envelope: Envelope, facts: Facts) -> Seen:
    """Header lines that say spam and did not count: a switch is off, or a mailing's sign is on an answer.

    What the operator's spam daemon said is told as well, where it was asked.
    """
    switches, is_answer = envelope.delivery.spam, facts.match is not None
    told: Seen = {"percent": facts.opinion.percent} if facts.opinion else {}
    told |= told_of(envelope.heard)
    if not is_answer and switches.believed == _EVERY_SIGNAL:
        return told
    passed = spam_findings(envelope.mail.headers, provider=switches.provider)
    return told | ({"passed": [{"signal": each.signal.value, "line": each.line} for each in passed]} if passed else {})


def _afterwards(envelope: Envelope, facts: Facts, decision: Decision) -> dict[str, Seen]:
    settings, mail = facts.settings, envelope.mail
    asker, quoted = facts.requester, mail.quoted_text
    drops = settings.drops_quotes and decision.action is Action.ADD and bool(mail.reply_text.strip())
    around: dict[str, Seen] = {
        "requester": {"how": asker.how.value, "address": asker.address} if asker else {},
        "quotes": {"lines": quoted.count("\n") + 1, "left_out": drops} if quoted else {},
    }
    if goes_to_spam(decision, facts):
        return around
    return around | {
        "mapping": {"is_set": True} if settings.mapping != UNMAPPED else {},
        "commands": {"lines": len(facts.commands.block.lines)} if facts.commands else {},
        "rules": {"asked": len(settings.rules)} if settings.rules and looks_at(decision, facts) else {},
    }


_SEES: dict[str, Callable[[Envelope, Facts], Seen]] = {
    "ignore_own_mail": _own_mail,
    "ignore_twin": _twin,
    "ignore_filtered": _ignoring,
    "ignore_unlisted": _allowing,
    "stop_loop": _flood,
    "check_updater": _updater,
    "add_answer": _answer,
    "ignore_while_off": _while_off,
    "ignore_new_mail": _new_mail,
    "check_opener": _opener,
    "recognise_spam": _spam,
}
