"""Who may write, and how far a sender is who From says, as sentences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from mailboxes.ledger_words import joined
from ticketing.inbound.sender_trust import Proof
from ticketing.inbound.unproven import Claim
from ticketing.models import Refused, Updaters

Data = Mapping[str, Any]

_UPDATERS: dict[str, Promise] = {
    Updaters.PEOPLE: gettext_lazy(
        "Only people on ticket #%(ticket)s may add to it by mail; its sender is none of them."
    ),
    Updaters.REQUESTER: gettext_lazy("Only the requester of ticket #%(ticket)s may add to it by mail."),
    Updaters.NOBODY: gettext_lazy("Nobody may add to ticket #%(ticket)s by mail."),
}
_UNPROVEN: dict[str, Promise] = {
    Proof.UNPROVEN: gettext_lazy(
        "From names somebody who may, but the mail server could not prove that the mail comes from there. "
        "If it does, its domain lacks SPF, DKIM or DMARC, or somebody between forwarded it: its admin can mend that."
    ),
    Proof.FAILED: gettext_lazy("From names somebody who may, but DMARC says that the mail does not come from there."),
    Proof.UNTOLD: gettext_lazy(
        "From names somebody who may, but anybody can write any name there, and no mail server that is believed proves "
        "it. Under Who may write, Proof of senders, name the server that checks senders, or say that your mail server "
        "refuses forged ones by itself."
    ),
}
_REFUSED_CLAIMS: dict[str, Promise] = {
    Claim.COMMANDS: gettext_lazy("its commands were not followed"),
    Claim.NUMBER: gettext_lazy("it was not added to ticket #%(number)s, to which its subject leads"),
    Claim.FORWARD: gettext_lazy("who wrote the forwarded mail did not become the requester"),
    Claim.OURS: gettext_lazy("it did not take the ticket out of “Needs reply”, although From is an address of yours"),
}
_GIVEN_CLAIMS: dict[str, Promise] = {
    Claim.NUMBER: gettext_lazy(
        "Only its subject led to the ticket, and nothing proves that somebody on the ticket sent it. "
        "Look whom an answer would go to."
    ),
    Claim.FORWARD: gettext_lazy(
        "It made somebody else the requester, and nothing proves that a member of yours forwarded it."
    ),
}
_REFUSED: dict[str, Promise] = {
    Refused.HOLD: gettext_lazy("Held for review."),
    Refused.ANSWER: gettext_lazy("Refused, with an answer where one may go."),
    Refused.DISCARD: gettext_lazy("Discarded."),
}


def may_not_open(data: Data) -> str:
    """Why no ticket was opened."""
    if data["who"] == "nobody":
        words = _("Nobody may open tickets by mail.")
    else:
        who = openers_words(contacts=data["contacts"], domains=data["domains"], groups=data["groups"])
        words = _("Only %(who)s may open tickets; its sender is none of them.") % {"who": who}
    return joined(words, _besides(data))


def may_not_update(data: Data) -> str:
    """Why the mail was not added to its ticket."""
    return joined(str(_UPDATERS[data["who"]]) % {"ticket": data["ticket"]}, _besides(data))


def proof_words(proof: str, *, by: str) -> str:
    """Whether the mail comes from where From says. by: what proved it."""
    if proof == Proof.PROVEN and by == "internal":
        return _("The mail server knows the sender as one of its own.")
    if proof == Proof.PROVEN:
        return _("The mail server has proven that the mail comes from there (%(by)s).") % {"by": by.upper()}
    if proof == Proof.FAILED:
        return _("The mail does not come from where From says (DMARC).")
    if proof == Proof.UNPROVEN:
        return _("The mail server could not prove that the mail comes from where From says.")
    return ""


def unproven_words(data: Data) -> str:
    """What From alone was not good for, why, and what to do; and what it was given all the same."""
    refused = [str(_REFUSED_CLAIMS.get(claim, "")) % {"number": data.get("number", "")} for claim in refused_of(data)]
    return joined(
        _("For want of proof %(what)s.") % {"what": _(" and ").join(refused)} if refused else "",
        str(_UNPROVEN.get(data.get("proof", ""), "")) if refused else "",
        *given_words(data),
    )


def given_words(data: Data) -> list[str]:
    """What a mail was given by its From alone, a sentence each."""
    return [str(_GIVEN_CLAIMS[claim]) for claim in data.get("given", ()) if claim in _GIVEN_CLAIMS]


def refused_of(data: Data) -> list[str]:
    """The codes of what From alone was not good for, as far as they have words."""
    return [claim for claim in data.get("refused", ()) if claim in _REFUSED_CLAIMS]


def openers_words(*, contacts: bool, domains: int, groups: bool) -> str:
    """Who may open tickets, where that is not anybody. domains: how many are listed."""
    senders = ngettext("senders of %(n)d domain", "senders of %(n)d domains", domains) % {"n": domains}
    named = [
        _("known contacts") if contacts else "",
        senders if domains else "",
        _("contact groups with the right") if groups else "",
    ]
    return _(" and ").join(filter(None, named))


def _besides(data: Data) -> str:
    """What more is to be said: the proof that lacks, what became of it, and whose setting that is."""
    return joined(
        str(_UNPROVEN.get(data.get("proof", ""), "")),
        str(_REFUSED[data["refused"]]),
        _("It is forwarded as the setting says.") if data.get("forwards") else "",
        _("Setting of all mailboxes: who may write.")
        if data["of_all"]
        else _("Setting of the mailbox: who may write."),
    )
