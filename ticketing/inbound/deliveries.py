"""What the ledger knows of stored mails, and their mailboxes: how a mail was delivered."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from helpdesk.accounts.models import Role
from helpdesk.lib import clock
from helpdesk.tenancy.prepared import Prepared, Row
from mailboxes.models import RawState, RemoteMessage, SpamTrust
from ticketing.inbound.envelope import Delivery
from ticketing.inbound.spam_trust import SpamSwitches, checker_of, provider_of
from ticketing.mail.spam_headers import Signal

# What a sighting tells of its stored mail, by the names that `_delivery` uses.
_OF_DELIVERY = {
    "raw_id": "raw_id",
    "received_at": "received_at",
    "claimed_bytes": "size_bytes",
    "storage_key": "raw__storage_key",
    "sha256": "raw__sha256",
    "stored_bytes": "raw__size_bytes",
    "is_header_only": "raw__is_header_only",
    "is_history": "raw__is_history",
    "stored_at": "raw__stored_at",
    "mailbox_id": "raw__mailbox_id",
    "default_charset": "raw__mailbox__default_charset",
    "existing_mail": "raw__mailbox__existing_mail",
    "limit_bytes": "raw__mailbox__max_message_bytes",
    "team_id": "raw__mailbox__team_id",
    "lost_team": "raw__mailbox__lost_team",
    "category_id": "raw__mailbox__category_id",
    "category_is_active": "raw__mailbox__category__is_active",
    "category_path": "raw__mailbox__category__path",
    "company_id": "raw__mailbox__company_id",
    "company_is_active": "raw__mailbox__company__is_active",
    "company_name": "raw__mailbox__company__name",
    "serves_companies": "raw__mailbox__organization__serves_companies",
    "is_switched_off": "raw__mailbox__organization__tells_while_off",
    "priority": "raw__mailbox__ticket_priority",
    "assignee_id": "raw__mailbox__assignee_id",
    "assignee_role": "raw__mailbox__assignee__role",
    "assignee_is_active": "raw__mailbox__assignee__is_active",
    "assignee_name": "raw__mailbox__assignee__user__name",
    "assignee_email": "raw__mailbox__assignee__user__email",
    "answers_only": "raw__mailbox__answers_only",
    "holds_sent": "raw__mailbox__holds_sent",
    "connection_kind": "raw__mailbox__connection__kind",
    "connection_host": "raw__mailbox__connection__host",
    "spam_trust": "raw__mailbox__spam_trust",
    "asks_spam_daemon": "raw__mailbox__asks_spam_daemon",
    Signal.SPAMASSASSIN: "raw__mailbox__trusts_spamassassin",
    Signal.EXCHANGE: "raw__mailbox__trusts_exchange",
    Signal.FEEDBACK_ID: "raw__mailbox__trusts_feedback_id",
    Signal.DMARC: "raw__mailbox__trusts_dmarc",
    "completes_id": "raw__completes__raw_id",
    "wished_by_id": "raw__completes__requested_by_id",
    "skips": "raw__orders__skips",
    "joins_id": "raw__orders__ticket_id",
    "ordered_by": "raw__orders__by_name",
}
_DELIVERIES: Prepared[Row] = Prepared(
    lambda raw_ids: (
        RemoteMessage.objects.filter(raw_id__in=raw_ids, raw__state=RawState.PENDING)
        .order_by("id")
        .values_list(*_OF_DELIVERY.values())
    )
)
_SETTLED: Prepared[Row] = Prepared(
    lambda raw_ids: RemoteMessage.objects.filter(raw_id__in=raw_ids).order_by("id").values_list(*_OF_DELIVERY.values())
)
# Buckets in lists: what stands for a number while this is compiled is larger than their column takes.


def load_deliveries(raw_ids: Sequence[int]) -> dict[int, Delivery]:
    """The stored mails and their mailboxes, without those that have their verdict already or are gone."""
    return _deliveries(_DELIVERIES.rows(raw_ids=raw_ids))


def settled_deliveries(raw_ids: Sequence[int]) -> dict[int, Delivery]:
    """Stored mails that have their verdict, and their mailboxes as they are today; none that no server showed."""
    return _deliveries(_SETTLED.rows(raw_ids=raw_ids))


def settled_delivery(raw_id: int) -> Delivery | None:
    """The same of one; None when no server showed it."""
    return settled_deliveries([raw_id]).get(raw_id)


def _deliveries(rows: Iterable[Row]) -> dict[int, Delivery]:
    sightings: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        named = dict(zip(_OF_DELIVERY, row, strict=True))
        sightings[named["raw_id"]].append(named)
    return {raw_id: _delivery(seen) for raw_id, seen in sightings.items()}


def _delivery(sightings: Sequence[Mapping[str, Any]]) -> Delivery:
    """What all sightings of one stored mail tell, the oldest first; the mail's own columns are the same in each."""
    mail = sightings[0]
    received_at = next((seen["received_at"] for seen in sightings if seen["received_at"]), mail["stored_at"])
    assignee_id, unfit_assignee = _assignee(mail)
    company_id, retired_company = _company(mail)
    return Delivery(
        raw_id=mail["raw_id"],
        storage_key=mail["storage_key"],
        sha256=mail["sha256"],
        mailbox_id=mail["mailbox_id"],
        default_charset=mail["default_charset"],
        existing_mail=mail["existing_mail"],
        limit_bytes=mail["limit_bytes"],
        team_id=mail["team_id"],
        answers_only=mail["answers_only"],
        holds_sent=mail["holds_sent"],
        size_bytes=max([mail["stored_bytes"], *(seen["claimed_bytes"] or 0 for seen in sightings)]),
        is_header_only=mail["is_header_only"],
        is_history=mail["is_history"],
        received_at=min(received_at, clock.now()),
        completes_id=mail["completes_id"],
        wished_by_id=mail["wished_by_id"],
        assignee_id=assignee_id,
        unfit_assignee=unfit_assignee,
        retired_category=(mail["category_path"] or "") if not mail["category_is_active"] else "",
        retired_company=retired_company,
        lost_team="" if mail["team_id"] else mail["lost_team"],
        category_id=mail["category_id"] if mail["category_is_active"] else None,
        company_id=company_id,
        serves_companies=mail["serves_companies"],
        is_switched_off=mail["is_switched_off"],
        priority=mail["priority"],
        spam=_spam_switches(mail),
        asks_spam_daemon=mail["asks_spam_daemon"],
        skips=tuple(mail["skips"] or ()),
        joins_id=mail["joins_id"],
        ordered_by=mail["ordered_by"] or "",
        checker=checker_of(mail["connection_kind"], host=mail["connection_host"]),
    )


def _spam_switches(mail: Mapping[str, Any]) -> SpamSwitches:
    return SpamSwitches(
        on=frozenset(signal for signal in Signal if mail[signal]),
        provider=provider_of(mail["connection_kind"], host=mail["connection_host"]),
        is_provider_alone=mail["spam_trust"] == SpamTrust.PROVIDER,
    )


def _company(mail: Mapping[str, Any]) -> tuple[int | None, str]:
    """The company of new tickets, or the name of the one that would be it and is retired."""
    if mail["company_id"] is None or not mail["serves_companies"]:
        return None, ""
    return (mail["company_id"], "") if mail["company_is_active"] else (None, mail["company_name"])


def _assignee(mail: Mapping[str, Any]) -> tuple[int | None, str]:
    """Who gets new tickets, or the name of who would and cannot work on tickets (any more)."""
    if mail["assignee_id"] is None:
        return None, ""
    if mail["assignee_is_active"] and mail["assignee_role"] != Role.VIEWER:
        return mail["assignee_id"], ""
    return None, mail["assignee_name"] or mail["assignee_email"]
