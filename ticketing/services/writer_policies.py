"""Who may write, as people set it: told in the audit trail, heeded by the next mail."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from helpdesk.accounts.models import Membership
from helpdesk.accounts.services import audit
from helpdesk.lib import clock
from helpdesk.lib.errors import ChangedMeanwhile, DomainError
from mailboxes.models import Mailbox
from mailboxes.services.sending.outbox import check_address
from ticketing.models import (
    Contact,
    ContactAddress,
    NeededProof,
    Openers,
    Refused,
    Strangers,
    Updaters,
    WriterPolicy,
)
from ticketing.outbound.recipients import is_own, own_addresses
from ticketing.queries.checking_servers import checking_of, place_of_belief
from ticketing.services.policy_version import policy_changed

MAX_DOMAINS = 5_000
MAX_SERVERS = 20
MAX_TEXT_CHARS = 5_000


@dataclass(frozen=True)
class WriterInput:
    """A policy as a person enters it. Domains and servers are tidied, `*.` before one for all below it."""

    follows: bool = False
    openers: Openers = Openers.ANYONE
    lets_contacts: bool = True
    lets_groups: bool = False
    domains: tuple[str, ...] = ()
    opening_strangers: Strangers = Strangers.CONTACT
    opening_refused: Refused = Refused.HOLD
    updaters: Updaters = Updaters.TOKEN
    updating_strangers: Strangers = Strangers.CONTACT
    updating_refused: Refused = Refused.HOLD
    guest: str = ""  # a name, or the address of a contact
    proof: NeededProof = NeededProof.ALWAYS
    servers: tuple[str, ...] = ()
    forward_to: str = ""
    forward_text: str = ""
    forward_files: bool = True
    version: int | None = None  # that the person saw; None: whatever stands is replaced

    @property
    def needs_guest(self) -> bool:
        """Whether some mail is to stand under the guest contact."""
        return Strangers.GUEST in (self.opening_strangers, self.updating_strangers)


@transaction.atomic
def save_writers(mailbox: Mailbox | None, data: WriterInput, *, actor: Membership | None = None) -> WriterPolicy:
    """This says who may write to the mailbox, or to all that have no policy of their own, from the next mail on.

    A mailbox that follows keeps what it had of its own. Inside the organization's scope.
    Raises ChangedMeanwhile, or DomainError: nobody_listed, no_guest, too_many, bad_address, own_address.
    """
    before = stored_writers(mailbox)
    row: WriterPolicy
    row, _made = WriterPolicy.objects.select_related("guest").get_or_create(mailbox=mailbox)
    seen = row.version if data.version is None else data.version
    if not WriterPolicy.objects.filter(pk=row.pk, version=seen).update(version=seen + 1):
        raise ChangedMeanwhile
    row.version = seen + 1
    if data.follows and mailbox is not None:
        row.follows = True
    else:
        _check(data)
        _fill(row, data)
    row.save()
    changes = audit.differences(_told(before), after=_told(input_of(row)))
    if changes:
        label = mailbox.name if mailbox else _("all mailboxes")
        audit.record("writers.changed", target=row, actor=actor, changes=changes, label=label)
        policy_changed()
    return row


@transaction.atomic
def believe_server(mailbox: Mailbox, name: str, *, actor: Membership | None = None) -> Mailbox | None:
    """The server that checks the senders of this mailbox's mail is named; gives whose policy says so, None: all's.

    A mailbox that followed has settings of its own then, unless all that follow are on its server. Inside the scope.
    Raises DomainError (not_seen) for a server that the mailbox's newest mails do not show; as `save_writers`.
    """
    checking = checking_of(mailbox)
    if checking is None or not any(each.may_be_believed and each.name == name for each in checking.servers):
        raise DomainError(_("The newest mails do not show this server any more. Look again."), code="not_seen")
    place = place_of_belief(mailbox)
    own, held = stored_writers(place), writers_in_force(place)
    servers = tuple(dict.fromkeys((*held.servers, name)))
    save_writers(place, replace(held, follows=False, servers=servers, version=own.version), actor=actor)
    return place


def stored_writers(mailbox: Mailbox | None) -> WriterInput:
    """The policy as it stands, with its version. A mailbox without one follows that of all mailboxes, and shows it."""
    row = WriterPolicy.objects.select_related("guest").filter(mailbox=mailbox).first()
    if row is not None:
        return input_of(row)
    if mailbox is None:
        return WriterInput(version=0)
    return replace(stored_writers(None), follows=True, version=0)


def writers_in_force(mailbox: Mailbox | None) -> WriterInput:
    """What holds for the mailbox: its own policy, or that of all where it follows."""
    own = stored_writers(mailbox)
    return stored_writers(None) if own.follows else own


def input_of(row: WriterPolicy) -> WriterInput:
    """The stored policy as a person would enter it."""
    return WriterInput(
        follows=row.follows,
        openers=Openers(row.openers),
        lets_contacts=row.lets_contacts,
        lets_groups=row.lets_groups,
        domains=tuple(row.domains),
        opening_strangers=Strangers(row.opening_strangers),
        opening_refused=Refused(row.opening_refused),
        updaters=Updaters(row.updaters),
        updating_strangers=Strangers(row.updating_strangers),
        updating_refused=Refused(row.updating_refused),
        guest=row.guest.name if row.guest is not None else "",
        proof=NeededProof(row.proof),
        servers=tuple(row.servers),
        forward_to=row.forward_to,
        forward_text=row.forward_text,
        forward_files=row.forward_files,
        version=row.version,
    )


def _check(data: WriterInput) -> None:
    if len(data.domains) > MAX_DOMAINS or len(data.servers) > MAX_SERVERS:
        words = _("At most %(domains)s domains and %(servers)s servers can be listed.")
        raise DomainError(words % {"domains": MAX_DOMAINS, "servers": MAX_SERVERS}, code="too_many")
    if data.openers is Openers.LISTED and not (data.lets_contacts or data.lets_groups or data.domains):
        raise DomainError(_("Say who may open tickets: contacts, domains or contact groups."), code="nobody_listed")
    if data.needs_guest and not data.guest.strip():
        raise DomainError(_("Name the guest contact under whom mail of unknown senders stands."), code="no_guest")
    if data.forward_to:
        check_address(data.forward_to)
        if is_own(data.forward_to.lower(), own=own_addresses()):
            words = _("%(address)s is a mailbox of yours: what goes there comes in again. Name another address.")
            raise DomainError(words % {"address": data.forward_to}, code="own_address")


def _fill(row: WriterPolicy, data: WriterInput) -> None:
    """The row says what was entered. A guest that nobody knows yet is made."""
    plain = {name: value for name, value in _values(data).items() if name not in ("guest", "version")}
    for name, value in plain.items():
        setattr(row, name, list(value) if isinstance(value, tuple) else value)
    row.follows = False
    if data.guest.strip():
        row.guest = _guest(data.guest.strip()[:200])


def _guest(named: str) -> Contact:
    """The contact with this address, else the guest of this name, else a new one."""
    address = ContactAddress.objects.select_related("contact").filter(address=named.lower()).first()
    if address is not None:
        contact: Contact = address.contact
        return contact
    guests = WriterPolicy.objects.filter(guest__name__iexact=named).values("guest_id")
    known: Contact | None = Contact.objects.filter(id__in=guests).order_by("id").first()
    if known is not None:
        return known
    made: Contact = Contact.objects.create(name=named, created_at=clock.now())
    return made


def _values(data: WriterInput) -> dict[str, Any]:
    return {each.name: getattr(data, each.name) for each in fields(data)}


def _told(data: WriterInput) -> dict[str, object]:
    """As the audit trail names it."""
    told: dict[str, object] = {}
    for name, value in _values(data).items():
        if name == "version":
            continue
        if isinstance(value, tuple):
            told[name] = ", ".join(value)[:1000]
        else:
            told[name] = str(value.label) if hasattr(value, "label") else value
    return told
