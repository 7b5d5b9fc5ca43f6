"""A mail as rules look at it. Pure; what is dear is worked out when a condition first asks, and once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from ticketing.inbound.envelope import Envelope
from ticketing.inbound.filtering import ascii_domain, even
from ticketing.inbound.rules.patterns import searched
from ticketing.inbound.sender_trust import UNTOLD, SenderTrust
from ticketing.mail.language import language_of

MAX_TEXT_CHARS = 100_000  # of the body, and of a header


class SpamState(StrEnum):
    """What is held of a mail that is not among the spam: rules see no other."""

    CLEAN = "clean"
    SUSPECT = "suspect"
    UNJUDGED = "unjudged"


class Trust(StrEnum):
    """What speaks for the sender, or against; the first four as `sender_trust.Proof` has them."""

    PROVEN = "proven"
    UNPROVEN = "unproven"
    FAILED = "failed"
    UNTOLD = "untold"
    FIRST_CONTACT = "first_contact"
    OTHER_REPLY_TO = "other_reply_to"


@dataclass(frozen=True, slots=True)
class About:
    """What is known of the mail from elsewhere."""

    is_answer: bool
    trust: SenderTrust = UNTOLD
    company_id: int | None = None  # of the requester, where companies are served
    spam: SpamState = SpamState.UNJUDGED
    is_open: bool = True  # when the mail came; always where no business hours are set


@dataclass(frozen=True)
class Seen:
    """What conditions may ask."""

    about: About
    mailbox_id: int
    sender: str  # lower-cased address
    sender_name: str
    recipients: Sequence[str]  # lower-cased addresses
    subject: str
    text: str  # what its sender wrote: without what is quoted
    headers: Sequence[tuple[str, str]]
    files: Sequence[tuple[str, str]]  # name and type of each that is listed under the message
    size_bytes: int

    @cached_property
    def domain(self) -> str:
        """Of the sender, as it travels."""
        return ascii_domain(self.sender.rpartition("@")[2])

    @cached_property
    def body(self) -> str:
        """The text, as far as it is looked at."""
        return self.text[:MAX_TEXT_CHARS]

    @cached_property
    def evened_subject(self) -> str:
        return even(self.subject)

    @cached_property
    def evened_body(self) -> str:
        return even(self.body)

    @cached_property
    def searched_body(self) -> bytes:
        """For patterns."""
        return searched(self.body)

    @cached_property
    def language(self) -> str:
        """Its code; "" when nothing tells."""
        return language_of(self.body, headers=self.headers)

    @cached_property
    def trust(self) -> frozenset[str]:
        """Every sign that holds, by the words of Trust."""
        trust = self.about.trust
        found = {trust.proof.value}
        if trust.is_first:
            found.add(Trust.FIRST_CONTACT.value)
        if trust.reply_to:
            found.add(Trust.OTHER_REPLY_TO.value)
        return frozenset(found)

    def header(self, name: str) -> Sequence[str]:
        """What each header of this name (lower-cased) says."""
        return self._by_name.get(name, ())

    def evened_header(self, name: str) -> Sequence[str]:
        """The same as words are looked for in it."""
        if name not in self._evened:
            self._evened[name] = [even(value) for value in self.header(name)]
        return self._evened[name]

    @cached_property
    def _by_name(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = defaultdict(list)
        for key, value in self.headers:
            found[key.lower()].append(value[:MAX_TEXT_CHARS])
        return dict(found)

    @cached_property
    def _evened(self) -> dict[str, list[str]]:
        return {}


def seen_of(envelope: Envelope, about: About) -> Seen:
    """The mail as delivered."""
    mail, delivery = envelope.mail, envelope.delivery
    return Seen(
        about=about,
        mailbox_id=delivery.mailbox_id,
        sender=envelope.sender,
        sender_name=envelope.sender_name,
        recipients=envelope.addressed_to,
        subject=envelope.subject,
        text=mail.written,
        headers=mail.headers,
        files=[(each.filename, each.content_type) for each in mail.attachments if not each.inline],
        size_bytes=delivery.size_bytes,
    )
