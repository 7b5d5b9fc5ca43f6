"""How far the sender of a message is who From says: badges for what is odd, and the whole as sentences."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _

from ticketing.inbound.sender_trust import Proof
from ticketing.models import Message
from ticketing.writer_words import proof_words

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
        proof_words(trust.get("proof", ""), by=trust.get("proven_by", "")),
        _("It says: %(results)s.") % {"results": ", ".join(results)} if results else "",
        _elsewhere(trust["reply_to"]) if trust.get("reply_to") else "",
        _("Nobody had written from this address before.") if trust.get("is_first") else "",
    ]
    return [line for line in found if line]


def _badges(trust: dict[str, str]) -> Iterator[Badge]:
    proof = trust.get("proof", "")
    if proof == Proof.FAILED:
        yield Badge(_("Sender forged?"), "bad", "alert", proof_words(proof, by=""))
    if proof == Proof.UNPROVEN:
        yield Badge(_("Sender not proven"), "warn", "shield", proof_words(proof, by=""))
    if trust.get("reply_to"):
        yield Badge(_("Answers go elsewhere"), "warn", "reply", _elsewhere(trust["reply_to"]))
    if trust.get("is_first"):
        yield Badge(_("First contact"), "", "user", _("Nobody had written from this address before."))


def _elsewhere(address: str) -> str:
    return _("Reply-To names another domain than From: answers go to %(address)s.") % {"address": address}
