"""Calls of other systems: kept first, then applied, each once. The view calls `accept`.

known hook ▶ the row and its ACCEPT item (commit) ▶ read, applied and noted in one transaction ▶ answered
A crash between the two leaves the item, which a worker finds.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Length
from django.utils.translation import gettext as _

from helpdesk.accounts.models import Membership
from helpdesk.accounts.services import audit
from helpdesk.lib import clock, faults
from helpdesk.lib.errors import DomainError
from helpdesk.lib.text import clean_text
from helpdesk.tenancy import drains, work
from helpdesk.tenancy.models import WorkKind
from helpdesk.tenancy.scope import organization_scope
from ticketing.models import CallState, IncomingCall, IncomingHook
from ticketing.services.syncing.applying import apply
from ticketing.services.syncing.mapping import MAX_ID_CHARS, Said, at_pointer, read
from ticketing.services.syncing.said_files import without_contents
from ticketing.services.syncing.unreadable import Unreadable

STORAGE_DOWN = "storage_down"
LEASE_S = 60.0
LATER_S = 60.0  # a crash's call is applied after that, if nobody sends it again before
KEPT_CALLS = 500  # of one hook; older ones that need nobody are pruned
KEPT_REFUSED = 2000
KEPT_LARGE = 100  # of those, with files in them
LARGE_CHARS = 500_000
_PRUNED_EVERY = 50


@dataclass(frozen=True)
class Answer:
    """What the other system is told."""

    state: CallState
    code: str
    said: str
    ticket_number: int | None = None


def call_id_of(body: bytes, *, header: str) -> str:
    """By what the same call is known again: its id, or else its content."""
    return header[:MAX_ID_CHARS] if header else f"sha256:{hashlib.sha256(body).hexdigest()}"


def accept(hook_id: Any, *, organization_id: int, call_id: str, body: bytes) -> Answer:
    """The call is kept, and has had its effect once, however often it comes. Outside any scope and transaction.

    Raises DomainError (storage_down): it is kept, and a worker tries it again.
    """
    with organization_scope(organization_id), transaction.atomic():
        call = _keep(hook_id, call_id=call_id, body=body)
    faults.point("accept.kept")
    answer = settle(call.pk, organization_id=organization_id)
    faults.point("accept.applied")
    return answer


def settle(call_row_id: int, *, organization_id: int) -> Answer:
    """The kept call is applied, refused or of no use; a call that was applied stays so. Outside any scope."""
    with organization_scope(organization_id), transaction.atomic():
        rows = IncomingCall.objects.select_for_update(of=("self",)).select_related("hook__integration", "ticket")
        call: IncomingCall = rows.get(pk=call_row_id)
        if call.state != CallState.APPLIED:
            _try(call)
        work.withdraw(WorkKind.ACCEPT, organization_id=organization_id, row_id=call.pk)
        return Answer(CallState(call.state), call.code, call.said, call.ticket.number if call.ticket else None)


def retry(call: IncomingCall, *, actor: Membership) -> Answer:
    """A person has the kept call read again, as the mapping is now. In the scope of its organization."""
    audit.record("incoming.retried", target=call.hook, actor=actor, changes={"call": (None, call.call_id)})
    return settle(call.pk, organization_id=call.organization_id)


def handle(claim: work.Claim) -> None:
    """What a crash left is settled. Handler of due `accept` items."""
    with organization_scope(claim.organization_id):
        is_there = IncomingCall.objects.filter(pk=claim.row_id).exists()
    if is_there:
        settle(claim.row_id, organization_id=claim.organization_id)
    else:
        work.finish(claim)


def _keep(hook_id: Any, *, call_id: str, body: bytes) -> IncomingCall:
    moment = clock.now()
    hook = IncomingHook.objects.get(pk=hook_id)
    fresh = {"body": clean_text(body.decode("utf-8", "replace")), "received_at": moment}
    call: IncomingCall
    call, is_new = IncomingCall.objects.get_or_create(hook=hook, call_id=call_id, defaults=fresh)
    if not is_new:
        IncomingCall.objects.filter(pk=call.pk).update(times=F("times") + 1)
        return call
    work.enqueue(
        WorkKind.ACCEPT, organization_id=hook.organization_id, row_id=call.pk, due_at=clock.in_seconds(LATER_S)
    )
    drains.wake(WorkKind.ACCEPT)
    if call.pk % _PRUNED_EVERY == 0:
        prune(hook)
    return call


def _try(call: IncomingCall) -> None:
    """All of its effect, or none and the reason."""
    call.code = call.said = ""
    try:
        with transaction.atomic():
            document = _document(call.body)
            said = read(document, call.hook.mapping)
            call.ticket, call.code = apply(call, said)
    except DomainError as refused:
        if refused.code == STORAGE_DOWN:
            raise  # it is not the call's fault: it stays kept, and is tried again
        call.state, call.code, call.said = CallState.REFUSED, refused.code[:32], refused.sentence[:400]
    else:
        call.state = CallState.IGNORED if call.ticket is None else CallState.APPLIED
        call.said = _no_ticket() if call.code else _left_there(said)[:400]
        call.applied_at = clock.now()
        if said.message is not None and said.message.files:
            without_contents(at_pointer(document, call.hook.mapping["pointers"]["files"]))
            call.body = json.dumps(document, ensure_ascii=False)
    call.save(update_fields=["state", "code", "said", "ticket", "applied_at", "body"])


def _no_ticket() -> str:
    return _("No ticket here belongs to it, and it has no text to open one with.")


def _left_there(said: Said) -> str:
    """Which files are missing here."""
    names = said.message.left_there if said.message is not None else ()
    return _("Files that stayed there: %s") % ", ".join(names) if names else ""


def _document(body: str) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise Unreadable(_("This is no JSON. Send the body as JSON, in UTF-8."), code="no_json") from None


def prune(hook: IncomingHook) -> int:
    """Old calls that had their effect are forgotten, and the oldest of very many others; gives how many."""
    done = IncomingCall.objects.filter(hook=hook, state=CallState.APPLIED)
    others = IncomingCall.objects.filter(hook=hook).exclude(state=CallState.APPLIED)
    gone = 0
    large = others.annotate(chars=Length("body")).filter(chars__gt=LARGE_CHARS)
    for rows, kept in ((done, KEPT_CALLS), (large, KEPT_LARGE), (others, KEPT_REFUSED)):
        newest = rows.order_by("-id").values_list("id", flat=True)[kept : kept + 1]
        for last in newest:
            gone += rows.filter(id__lte=last).delete()[0]
    return gone
