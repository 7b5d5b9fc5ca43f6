"""Who may write, as the policy asks about it: what was set, and what is known of the sender. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from ticketing.inbound.filtering import ascii_domain
from ticketing.models.contact_group import ALL_FIELDS
from ticketing.models.writers import NeededProof, Openers, Refused, Strangers, Updaters


@dataclass(frozen=True, slots=True)
class Guest:
    """The contact under which mail of unknown senders stands."""

    id: int
    name: str


@dataclass(frozen=True)
class WriterRules:
    """What was set for one mailbox."""

    of_all: bool = True  # it is the organization's, not the mailbox's own
    openers: Openers = Openers.ANYONE
    lets_contacts: bool = True
    lets_groups: bool = False
    domains: frozenset[str] = frozenset()  # as they travel; `*.` before one for all below it
    opening_strangers: Strangers = Strangers.CONTACT
    opening_refused: Refused = Refused.HOLD
    updaters: Updaters = Updaters.TOKEN
    updating_strangers: Strangers = Strangers.CONTACT
    updating_refused: Refused = Refused.HOLD
    guest: Guest | None = None
    proof: NeededProof = NeededProof.ALWAYS
    servers: tuple[str, ...] = ()  # whose Authentication-Results are believed
    forwards: bool = False  # discarded mail goes on to somebody
    has_groups: bool = False  # some contact group may do something in this mailbox

    def asks_for(self, sender: str) -> bool:
        """Whether anything depends on who the sender is, beside the domain of the address."""
        if self.has_groups or self.updaters in _PEOPLE:
            return True
        return self.openers is Openers.LISTED and not is_listed(sender, self.domains)

    @property
    def takes_word(self) -> bool:
        """True where an admin says that the mail server refuses forged senders, so that From counts unless doubted."""
        return self.proof is NeededProof.WHERE_TOLD

    def guest_for(self, *, is_opening: bool) -> Guest | None:
        """Under whom the mail of an unknown sender stands; None: a contact of its own."""
        strangers = self.opening_strangers if is_opening else self.updating_strangers
        return self.guest if strangers is Strangers.GUEST else None


_PEOPLE = (Updaters.PEOPLE, Updaters.REQUESTER)
EVERYBODY = WriterRules()


@dataclass(frozen=True, slots=True)
class Rights:
    """What somebody may do in a mailbox by the groups that they are in."""

    may_open: bool = False
    may_update: bool = False
    fields: frozenset[str] = frozenset()  # keys of what they may set by mail; ALL_FIELDS for any

    def may_set(self, key: str) -> bool:
        """Whether they may set this field."""
        return key in self.fields or ALL_FIELDS in self.fields

    def __or__(self, other: Rights) -> Rights:
        return Rights(self.may_open or other.may_open, self.may_update or other.may_update, self.fields | other.fields)


NO_RIGHTS = Rights()
EVERYTHING = Rights(may_open=True, may_update=True, fields=frozenset({ALL_FIELDS}))


@dataclass(frozen=True, slots=True)
class Writer:
    """What is known of a mail's sender, as far as anything was set that asks for it. Nothing here is proven."""

    is_ours: bool = False  # a member, or a mailbox of the organization
    is_known: bool = False  # a contact that wrote something else than spam, or that somebody has entered
    rights: Rights = field(default=NO_RIGHTS)
    guest_rights: Rights = field(default=NO_RIGHTS)  # of the contact that stands for unknown senders


NOBODY_KNOWN = Writer()


def is_listed(sender: str, domains: frozenset[str]) -> bool:
    """Whether the address is of one of the domains."""
    own = ascii_domain(sender.rpartition("@")[2])
    return bool(own) and (own in domains or any(f"*.{each}" in domains for each in with_parents(own)))


def with_parents(domain: str) -> Iterator[str]:
    """The domain, then each above it."""
    while domain:
        yield domain
        domain = domain.partition(".")[2]
