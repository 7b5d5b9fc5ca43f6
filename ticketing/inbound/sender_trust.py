"""How far the sender of a mail is who From says, for the badge, for rules, and for whoever is given rights. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from ticketing.inbound.envelope import Envelope
from ticketing.mail.authentication import Results, gives_results, read_results
from ticketing.mail.spam_headers import dmarc_failure


class Proof(StrEnum):
    """Whether the mail comes from where From says."""

    PROVEN = "proven"
    UNPROVEN = "unproven"  # the server checks, and could not prove it
    FAILED = "failed"  # DMARC says that it does not
    UNTOLD = "untold"  # nobody whom we could believe says anything


@dataclass(frozen=True, slots=True)
class SenderTrust:
    """What is known of a mail's sender."""

    proof: Proof = Proof.UNTOLD
    spf: str = ""  # results as the server wrote them
    dkim: str = ""
    dmarc: str = ""
    proven_by: str = ""  # dmarc, dkim, spf or internal
    reply_to: str = ""  # where answers go, if that is another domain than From's
    is_first: bool = False  # nobody knows the address yet

    @property
    def is_doubted(self) -> bool:
        """True where somebody who checks senders did not prove this one: more than that nobody says anything."""
        return self.proof in (Proof.FAILED, Proof.UNPROVEN)

    def counts(self, *, takes_word: bool) -> bool:
        """Whether From may give rights: if it is proven; with takes_word also where nobody says anything."""
        return self.proof is Proof.PROVEN or (takes_word and self.proof is Proof.UNTOLD)

    @property
    def stored(self) -> dict[str, object]:
        """As the message keeps it: what says something."""
        told = {name: getattr(self, name) for name in _STORED if getattr(self, name)}
        return told if self.proof is Proof.UNTOLD else {"proof": self.proof.value, **told}


_STORED = ("spf", "dkim", "dmarc", "proven_by", "reply_to", "is_first")
UNTOLD = SenderTrust()


def judge_sender(envelope: Envelope, *, names: Sequence[str], is_first: bool) -> SenderTrust:
    """What is known of the sender of this mail. names: see `read_results`."""
    mail, checker = envelope.mail, envelope.delivery.checker
    results = read_results(mail.headers, checker=checker, names=names, sender=envelope.sender)
    return SenderTrust(
        proof=_proof(envelope, results, is_told=gives_results(checker, names=names)),
        spf=results.spf,
        dkim=results.dkim,
        dmarc=results.dmarc,
        proven_by=results.proven_by,
        reply_to=_elsewhere(envelope),
        is_first=is_first,
    )


def _proof(envelope: Envelope, results: Results, *, is_told: bool) -> Proof:
    if results.proven_by and envelope.sender and len(envelope.mail.from_all) <= 1:
        return Proof.PROVEN
    # That it failed harms its forger alone, so it is believed of whoever received the mail.
    if results.dmarc == "fail" or dmarc_failure(envelope.mail.headers, provider=envelope.delivery.spam.provider):
        return Proof.FAILED
    return Proof.UNPROVEN if is_told else Proof.UNTOLD


def _elsewhere(envelope: Envelope) -> str:
    """The first Reply-To whose domain is neither From's nor above or below it."""
    own = envelope.sender.rpartition("@")[2]
    for recipient in envelope.recipients:
        domain = recipient.address.rpartition("@")[2]
        if recipient.header == "reply_to" and own and not _are_related(own, domain):
            return recipient.address
    return ""


def _are_related(one: str, other: str) -> bool:
    return one == other or one.endswith(f".{other}") or other.endswith(f".{one}")
