"""Who may open tickets and add to them. Whatever asks who the sender is takes From for an answer only where it counts.

Mail of the history comes in whoever wrote it: somebody has asked for it.
"""

from __future__ import annotations

from mailboxes.models import Outcome
from ticketing.inbound.decisions import Action, Decision, Reason
from ticketing.inbound.envelope import Envelope
from ticketing.inbound.facts import Facts
from ticketing.inbound.thread_match import Match
from ticketing.inbound.writers import EVERYTHING, NO_RIGHTS, Rights, is_listed
from ticketing.models import AnswerCause, Openers, Refused, Updaters

_OUTCOMES = {Refused.HOLD: Outcome.HELD, Refused.ANSWER: Outcome.REJECTED, Refused.DISCARD: Outcome.IGNORED}
_ANSWERS = {Refused.ANSWER: AnswerCause.REFUSED}


def check_updater(envelope: Envelope, facts: Facts) -> Decision | None:
    """An answer to a ticket whose sender may not add to it. The ticket's history tells of it."""
    match, rules = facts.match, facts.settings.writers
    if match is None or rules.updaters is Updaters.TOKEN or envelope.delivery.is_history:
        return None
    is_claimed = bool(updater_sign(facts, match))
    guest_updates = rules.updaters is not Updaters.NOBODY and _guest_rights(facts, is_opening=False).may_update
    if (is_claimed and facts.sender_counts) or guest_updates:
        return None
    return Decision(
        outcome=_OUTCOMES[rules.updating_refused],
        reason=Reason.MAY_NOT_UPDATE,
        data={"who": rules.updaters.value, "ticket": match.ticket.number}
        | _kept_out(facts, rules.updating_refused, is_claimed=is_claimed),
        action=Action.MENTION,
        ticket_id=match.ticket.id,
        answer=_ANSWERS.get(rules.updating_refused),
    )


def check_opener(envelope: Envelope, facts: Facts) -> Decision | None:
    """New mail whose sender may open no ticket."""
    rules = facts.settings.writers
    if facts.match is not None or rules.openers is Openers.ANYONE or envelope.delivery.is_history:
        return None
    listed = rules.openers is Openers.LISTED
    is_claimed = listed and bool(opener_sign(envelope, facts))
    guest_opens = listed and rules.lets_groups and _guest_rights(facts, is_opening=True).may_open
    if (is_claimed and facts.sender_counts) or guest_opens:
        return None
    return Decision(
        outcome=_OUTCOMES[rules.opening_refused],
        reason=Reason.MAY_NOT_OPEN,
        data={
            "who": rules.openers.value,
            "contacts": listed and rules.lets_contacts,
            "domains": len(rules.domains) if listed else 0,
            "groups": listed and rules.lets_groups,
        }
        | _kept_out(facts, rules.opening_refused, is_claimed=is_claimed),
        answer=_ANSWERS.get(rules.opening_refused),
    )


def settable_fields(facts: Facts) -> Rights:
    """Which fields of a ticket the sender may set by mail: `may_set` says it of each. Members may set all.

    By an answer nobody else sets any without the right to add to tickets.
    """
    guest = _guest_rights(facts, is_opening=facts.match is None)
    return _at(facts, claimed_rights(facts) | guest if facts.sender_counts else guest)


def claimed_fields(facts: Facts) -> Rights:
    """The same of whom From names, if that were proven."""
    return _at(facts, claimed_rights(facts) | _guest_rights(facts, is_opening=facts.match is None))


def claimed_rights(facts: Facts) -> Rights:
    """What whoever From names may do here."""
    return EVERYTHING if facts.writer.is_ours else facts.writer.rights


def _at(facts: Facts, rights: Rights) -> Rights:
    return rights if facts.match is None or rights.may_update else NO_RIGHTS


def opener_sign(envelope: Envelope, facts: Facts) -> str:
    """By what From names somebody who may open tickets where only some may; "" for nobody."""
    rules, writer = facts.settings.writers, facts.writer
    if writer.is_ours:
        return "ours"
    if rules.lets_contacts and writer.is_known:
        return "contact"
    if is_listed(envelope.sender, rules.domains):
        return "domain"
    return "group" if rules.lets_groups and writer.rights.may_open else ""


def updater_sign(facts: Facts, match: Match) -> str:
    """By what From names somebody who may add to the ticket where not everybody may; "" for nobody."""
    rules, writer = facts.settings.writers, facts.writer
    if rules.updaters is Updaters.NOBODY:
        return ""
    if writer.is_ours:
        return "ours"
    if writer.rights.may_update:
        return "group"
    if rules.updaters is Updaters.PEOPLE:
        return "people" if match.sender_is_known else ""
    return "requester" if _is_requester(facts, match) else ""


def _guest_rights(facts: Facts, *, is_opening: bool) -> Rights:
    """What somebody unknown may do, where such mail stands under the guest. Nobody is claimed, so nothing is proven.

    Whoever is known and not proven may do as much: else a customer's own mail would be kept out, and a stranger's not.
    """
    guest = facts.settings.writers.guest_for(is_opening=is_opening)
    is_unknown = facts.contact is None or not facts.sender_counts
    return facts.writer.guest_rights if is_unknown and guest is not None else NO_RIGHTS


def _is_requester(facts: Facts, match: Match) -> bool:
    """Whether the ticket is the sender's; of one under the guest, whoever wrote in it."""
    requester_id, guest = match.ticket.requester_id, facts.settings.writers.guest
    if facts.contact is not None:
        return facts.contact.id == requester_id
    return guest is not None and guest.id == requester_id and match.sender_is_known


def _kept_out(facts: Facts, refused: Refused, *, is_claimed: bool) -> dict[str, object]:
    """What became of it, whose setting it was, and whether From alone would have been enough."""
    rules = facts.settings.writers
    data: dict[str, object] = {"refused": refused.value, "of_all": rules.of_all}
    if is_claimed and not facts.sender_counts:
        data["proof"] = facts.trust.proof.value
    if refused is Refused.DISCARD and rules.forwards:
        data["forwards"] = True
    return data
