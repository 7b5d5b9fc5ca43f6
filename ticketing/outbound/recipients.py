"""Who an answer goes to: exact sets, taken from the message being answered, never with an address of our own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from helpdesk.tenancy.prepared import Prepared, Row
from mailboxes.models import Mailbox
from ticketing.mail.message_ids import without_token
from ticketing.mail.values import Address
from ticketing.models import Message, MessageKind, MessageRecipient
from ticketing.models.message import ADDED

_OWN: Prepared[Row] = Prepared(
    lambda: Mailbox.objects.filter(deleted_at=None, is_draft=False).values_list("address", "aliases")
)

_ADDED: Prepared[Row] = Prepared(
    lambda ticket_id: (
        MessageRecipient.objects.filter(message__ticket_id=ticket_id, header=ADDED)
        .order_by("message__position", "id")
        .values_list("address", "message__position")
    )
)


@dataclass(frozen=True)
class Recipients:
    """The headers of an answer; Bcc is never proposed."""

    to: tuple[Address, ...]
    cc: tuple[Address, ...]


@dataclass(frozen=True)
class People:
    """Everybody a message names."""

    sender: Address
    reply_to: Sequence[Address]
    to: Sequence[Address]
    cc: Sequence[Address]


def recipients_for(message: Message) -> Recipients:
    """Who an answer to this message goes to, unless the agent says otherwise; nobody for a note."""
    if message.kind == MessageKind.NOTE:
        return Recipients(to=(), cc=())
    named: dict[str, list[Address]] = {"to": [], "cc": [], "reply_to": []}
    for row in sorted(message.recipients.all(), key=lambda row: row.pk):  # no query where they are loaded already
        named.get(row.header, []).append(Address(row.name, row.address))
    sender = Address(message.from_name, message.from_address)
    people = People(sender=sender, reply_to=named["reply_to"], to=named["to"], cc=named["cc"])
    own = own_addresses()
    if message.kind == MessageKind.OUTBOUND:
        return Recipients(to=_others(people.to, own=own), cc=_others(people.cc, own=own))
    people = replace(people, cc=[*people.cc, *participants_of(message.ticket_id)])
    return answer_recipients(people, own=own)


def participants_of(ticket_id: int) -> list[Address]:
    """Whom rules have added to the ticket, but for those without whom somebody has answered since.

    One query where there are none, else three.
    """
    added = {str(address): int(position) for address, position in _ADDED.rows(ticket_id=ticket_id)}
    if not added:
        return []
    ours = Message.objects.filter(ticket_id=ticket_id, kind=MessageKind.OUTBOUND, is_automatic=False)
    answer = ours.order_by("-position").first()
    kept = {row.address.lower() for row in answer.recipients.all()} if answer is not None else set()
    last = answer.position if answer is not None else 0
    return [Address("", address) for address, position in added.items() if position > last or address in kept]


def answer_recipients(people: People, *, own: frozenset[str]) -> Recipients:
    """To: Reply-To, else From. Cc: whoever else stood in To and Cc. Own addresses nowhere, nobody twice.

    own: lower-cased. To is empty when only we ourselves would be left.
    """
    to = _others(people.reply_to, own=own) or _others([people.sender], own=own)
    if not to:  # we wrote it from a mail program: its recipients are the others
        return Recipients(to=_others(people.to, own=own), cc=_others(people.cc, own=own, without=people.to))
    return Recipients(to=to, cc=_others([*people.to, *people.cc], own=own, without=to))


def own_addresses() -> frozenset[str]:
    """Every address of the organization's mailboxes, aliases included, lower-cased."""
    return frozenset(address.lower() for main, aliases in _OWN.rows() for address in (main, *aliases))


def is_own(address: str, *, own: frozenset[str]) -> bool:
    """True for an own address, with or without something after a plus."""
    local, _, domain = without_token(address).rpartition("@")
    return bool({f"{local}@{domain}", f"{local.partition('+')[0]}@{domain}"} & own)


def _others(
    addresses: Iterable[Address], *, own: frozenset[str], without: Iterable[Address] = ()
) -> tuple[Address, ...]:
    taken = {_key(address) for address in without}
    kept: dict[str, Address] = {}
    for address in addresses:
        key = _key(address)
        if key not in taken and "@" in key.strip("@") and not is_own(key, own=own):
            kept.setdefault(key, address)
    return tuple(kept.values())


def _key(address: Address) -> str:
    return address.address.strip().lower()
