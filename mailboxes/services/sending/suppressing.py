"""The list of who gets no mail: kept by people, heeded when a mail is queued and once more when it leaves."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction
from django.utils.translation import gettext as _

from helpdesk.accounts.models import Membership
from helpdesk.accounts.services import audit
from helpdesk.lib import clock
from helpdesk.lib.errors import DomainError
from mailboxes.models import DeliveryState, OutboxMessage, OutboxRecipient, Suppression, SuppressionKind
from mailboxes.services.sending import delivery_states

REASON = "suppressed"  # of a recipient that the list kept from getting a mail
MAX_AT_ONCE = 1000


def suppressed(addresses: Iterable[str]) -> dict[str, str]:
    """Those of the addresses that get no mail, each with the entry that says so. One query. Inside the scope."""
    wanted = {address: _names(address) for address in addresses}
    values = {value for names in wanted.values() for value in names}
    listed = set(Suppression.objects.filter(value__in=values).values_list("value", flat=True)) if values else set()
    found = {address: next((name for name in names if name in listed), "") for address, names in wanted.items()}
    return {address: value for address, value in found.items() if value}


def refuse_suppressed(addresses: Iterable[str]) -> None:
    """Raises DomainError (suppressed) that names who gets no mail."""
    found = suppressed(addresses)
    if not found:
        return
    sentence = _("%(names)s: no mail is sent there. Leave it out, or ask an admin to take %(entries)s off the list.")
    names = {"names": ", ".join(found), "entries": ", ".join(sorted(set(found.values())))}
    raise DomainError(sentence % names, code=REASON)


def drop_suppressed(outbox: OutboxMessage) -> None:
    """Recipients that came onto the list since the mail was queued do not get it. In the caller's transaction."""
    waiting = OutboxRecipient.objects.filter(outbox=outbox, state__in=delivery_states.TO_SEND)
    rows = dict(waiting.values_list("address", "id"))
    ids = [rows[address] for address in suppressed(rows)]
    if ids:
        delivery_states.move(outbox, ids=ids, to=DeliveryState.CANCELLED, reason=REASON)


@transaction.atomic
def add_suppressions(values: Iterable[str], *, note: str, actor: Membership) -> list[Suppression]:
    """These addresses and domains get no mail from now on; gives those that were not on the list. Audited."""
    wanted = dict.fromkeys(value.strip().lower().removeprefix("@") for value in values)
    known = set(Suppression.objects.filter(value__in=list(wanted)).values_list("value", flat=True))
    moment = clock.now()
    rows = [
        Suppression(value=value, kind=_kind(value), note=note[:200], added_by=actor, added_at=moment)
        for value in wanted
        if value not in known
    ]
    made: list[Suppression] = Suppression.objects.bulk_create(rows)
    for row in made:
        audit.record("suppression.added", target=row, actor=actor, label=row.value)
    return made


@transaction.atomic
def remove_suppression(suppression_id: int, *, actor: Membership) -> str:
    """The address or domain gets mail again; gives it. Audited. Raises DomainError (not_here)."""
    row: Suppression | None = Suppression.objects.filter(id=suppression_id).first()
    if row is None:
        raise DomainError(_("This is not on the list any more."), code="not_here")
    audit.record("suppression.removed", target=row, actor=actor, label=row.value)
    row.delete()
    return row.value


def _kind(value: str) -> SuppressionKind:
    return SuppressionKind.ADDRESS if "@" in value else SuppressionKind.DOMAIN


def _names(address: str) -> list[str]:
    """What on the list would mean this address: itself, its domain, and the domains above."""
    plain = address.strip().lower()
    labels = plain.rpartition("@")[2].split(".")
    return [plain, *(".".join(labels[start:]) for start in range(len(labels) - 1))]
