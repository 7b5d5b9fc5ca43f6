"""Addresses that mail of ours came back from, that a server does not know, or that called it spam.

Nothing automatic goes there, whosever they are.

Nothing is kept from a person, who may know better: answers are sent there as ever.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models.functions import Lower
from django.utils.translation import gettext as _

from helpdesk.accounts.models import Membership
from helpdesk.accounts.services import audit
from helpdesk.lib.errors import DomainError
from mailboxes.models import ENDED_BY_MAIL, BouncedAddress, OutboxRecipient, Silence

REFUSED = "bounced"  # code of a mail that is not sent for this
MAX_DETAIL_CHARS = 300


@dataclass(frozen=True)
class Report:
    """What says that a mail failed for good, or was called spam."""

    at: datetime
    raw_id: int | None = None  # the mail that says so; None: a server did, while ours was sent
    detail: str = ""  # the server's words
    outbox_id: int | None = None  # the mail it is about
    cause: Silence = Silence.BOUNCED


def mark_bounced(addresses: Iterable[str], report: Report) -> None:
    """Nothing automatic goes to these addresses any more, and the outbox shows a mail that came back.

    Inside the caller's transaction. Give only addresses that the mail was sent to: anybody can send a report that
    names others. A complaint outlasts all else.
    """
    wanted, detail = sorted({address.lower() for address in addresses}), report.detail[:MAX_DETAIL_CHARS]
    if not wanted:
        return
    rows = [
        BouncedAddress(
            address=address,
            bounced_at=report.at,
            cause=report.cause,
            detail=detail,
            outbox_id=report.outbox_id,
            report_id=report.raw_id,
        )
        for address in wanted
    ]
    BouncedAddress.objects.filter(address__in=wanted, cause__in=ENDED_BY_MAIL).update(cause=report.cause)
    BouncedAddress.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["organization", "address"],
        update_fields=["bounced_at", "detail", "outbox", "report"],
    )
    if report.outbox_id is not None and report.cause == Silence.BOUNCED:
        reached = OutboxRecipient.objects.annotate(plain=Lower("address"))
        ids = list(reached.filter(outbox_id=report.outbox_id, plain__in=wanted).values_list("id", flat=True))
        OutboxRecipient.objects.filter(id__in=ids).update(bounced_at=report.at, bounce_detail=detail)


def silenced(address: str) -> BouncedAddress | None:
    """Since when and why nothing automatic goes to the address; None: it does. Inside the scope."""
    found: BouncedAddress | None = BouncedAddress.objects.filter(address=address.lower()).first()
    return found


def bounced(addresses: Iterable[str]) -> set[str]:
    """Those of the addresses that nothing automatic goes to. One query. Inside the scope."""
    wanted = {address.lower(): address for address in addresses}
    found = BouncedAddress.objects.filter(address__in=list(wanted)).values_list("address", flat=True)
    return {wanted[address] for address in found}


def refuse_bounced(address: str) -> None:
    """Raises DomainError (bounced) where nothing automatic goes to the address."""
    found = silenced(address)
    if found is None:
        return
    if found.cause == Silence.COMPLAINT:
        sentence = _("%(address)s called mail of yours spam.")
    elif found.cause == Silence.REFUSED:
        sentence = _("A server said before that there is no such address as %(address)s.")
    else:
        sentence = _("Mail to %(address)s could not be delivered before.")
    raise DomainError(sentence % {"address": address}, code=REFUSED)


def is_reached_again(address: str) -> None:
    """Mail has come from the address: what is automatic goes there again, unless it called mail of ours spam.

    Inside the caller's transaction.
    """
    BouncedAddress.objects.filter(address=address.lower(), cause__in=ENDED_BY_MAIL).delete()


@transaction.atomic
def trust_again(bounced_id: int, *, actor: Membership) -> str:
    """What is automatic goes to the address again; gives it. Audited. Raises DomainError (not_here)."""
    row: BouncedAddress | None = BouncedAddress.objects.filter(id=bounced_id).first()
    if row is None:
        raise DomainError(_("This is not on the list any more."), code="not_here")
    audit.record("suppression.bounce_cleared", target=row, actor=actor, label=row.address)
    row.delete()
    return row.address
