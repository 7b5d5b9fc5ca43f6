"""How far the sender of a message is who From says: badges for what is odd, and the whole as sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from mailboxes.ledger_words import joined
from ticketing.inbound.sender_trust import Proof
from ticketing.inbound.unproven import SAID
from ticketing.models import Message
from ticketing.writer_words import given_words, proof_words, refused_of, unproven_words

Data = Mapping[str, Any]
_RESULTS = (("spf", "SPF"), ("dkim", "DKIM"), ("dmarc", "DMARC"))


@dataclass(frozen=True)
class Badge:
    """A pill in the head of a message."""

    text: str
    tone: str
    icon: str
    title: str


def sender_badges(message: Message) -> list[Badge]:
    """What is odd about the sender; nothing about one who is proven and known."""
    return list(_badges(message.trust))


def sender_facts(message: Message) -> list[str]:
    """All that is known about the sender, as sentences."""
    trust = message.trust
    results = [f"{name} {trust[key]}" for key, name in _RESULTS if trust.get(key)]
    found = [
        unproven_words(trust.get(SAID, {})),
        proof_words(trust.get("proof", ""), by=trust.get("proven_by", "")),
        _("It says: %(results)s.") % {"results": ", ".join(results)} if results else "",
        _elsewhere(trust["reply_to"]) if trust.get("reply_to") else "",
        _("Nobody had written from this address before.") if trust.get("is_first") else "",
    ]
    return [line for line in found if line]


def _badges(trust: Data) -> Iterator[Badge]:
    proof = trust.get("proof", "")
    asked: Data = trust.get(SAID, {})
    by_word = joined(*given_words(asked))
    if proof == Proof.FAILED:
        yield Badge(_("Sender forged?"), "bad", "alert", proof_words(proof, by=""))
    if proof == Proof.UNPROVEN:
        yield Badge(_("Sender not proven"), "warn", "shield", proof_words(proof, by=""))
    elif by_word or (refused_of(asked) and proof != Proof.FAILED):
        yield Badge(_("Sender not proven"), "warn", "shield", by_word or unproven_words(asked))
    if trust.get("reply_to"):
        yield Badge(_("Answers go elsewhere"), "warn", "reply", _elsewhere(trust["reply_to"]))
    if trust.get("is_first"):
        yield Badge(_("First contact"), "", "user", _("Nobody had written from this address before."))


def _elsewhere(address: str) -> str:
    return _("Reply-To names another domain than From: answers go to %(address)s.") % {"address": address}
