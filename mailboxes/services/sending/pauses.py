"""An outgoing server that refuses our log-in is paused: its outbox waits, admins hear of it, and of its end.

A pause whose cause is a grant that they heard of already (`oauth.tokens`) is part of that: it ends with it, untold.
"""

from __future__ import annotations

from django.db import transaction

from helpdesk.lib import clock
from helpdesk.tenancy import drains, work
from helpdesk.tenancy.models import WorkKind
from mailboxes.connectors.errors import OF_TOKENS, ConnectorError
from mailboxes.models import Connection, DeliveryState, OAuthGrant, OutboxMessage, OutgoingServer
from mailboxes.services.liveness.telling import SENDING_OUTAGE, SENDING_RECOVERY, tell_admins

WAITING = (DeliveryState.QUEUED, DeliveryState.RETRY, DeliveryState.SENDING)


def pause_server(server: OutgoingServer, *, error: ConnectorError) -> None:
    """Nothing leaves through this server until it is resumed; the admins hear of it, once for each pause.

    Inside the caller's transaction.
    """
    moment, is_told = clock.now(), _is_told_of_grant(server, error)
    paused = OutgoingServer.objects.filter(id=server.id, paused_at=None).update(
        paused_at=moment, pause_reason=error.reason.value, pause_detail=error.detail
    )
    if paused and not is_told:
        OutgoingServer.objects.filter(id=server.id).update(outage_notified_at=moment)
        changes = {"reason": ("", error.reason.value), "detail": ("", error.detail)}
        tell_admins(SENDING_OUTAGE, target=server, changes=changes, label=server.label)


def note_sent(server: OutgoingServer) -> None:
    """A mail has left: if the admins heard of a pause, they hear that it is over. Inside the caller's transaction."""
    if server.outage_notified_at is None:
        return
    told = OutgoingServer.objects.filter(id=server.id, paused_at=None).exclude(outage_notified_at=None)
    if told.update(outage_notified_at=None):
        tell_admins(SENDING_RECOVERY, target=server, changes={}, label=server.label)


def resume_server(server: OutgoingServer) -> int:
    """The server is no longer paused, and its waiting mails are due now; gives their number."""
    with transaction.atomic():
        OutgoingServer.objects.filter(id=server.id).update(paused_at=None, pause_reason="", pause_detail="")
        waiting = OutboxMessage.objects.filter(outgoing=server, state__in=WAITING).order_by("queued_at")
        ids = list(waiting.values_list("id", flat=True))
        work.enqueue_many(WorkKind.DELIVER, organization_id=server.organization_id, row_ids=ids)
        drains.wake(WorkKind.DELIVER)
    return len(ids)


def resume_after_tokens(connection: Connection) -> None:
    """What waited for the connection's tokens, which are given again, leaves. Inside the caller's transaction."""
    waiting = OutgoingServer.objects.filter(login_of=connection, pause_reason__in=OF_TOKENS).exclude(paused_at=None)
    for server in waiting:
        resume_server(server)


def _is_told_of_grant(server: OutgoingServer, error: ConnectorError) -> bool:
    grants = OAuthGrant.objects.filter(connection_id=server.login_of_id).exclude(outage_notified_at=None)
    return error.reason in OF_TOKENS and server.login_of_id is not None and grants.exists()
