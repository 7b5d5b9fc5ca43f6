"""Keeping a mailbox subscribed to change notifications: made, renewed at half of its life, removed with the wish.

SUBSCRIBE item due ─▶ claim ─▶ folder looked up ─▶ there is one for it: renewed ─▶ due at half of its life
                                                └▶ none, or for something else: noted that one is on its way (commit)
                                                   ─▶ asked for ─▶ Graph calls us ─▶ stored with its id (commit)
Killed between asking and storing, Graph has a subscription whose id nobody knows; its calls carry a state that is no
longer ours and wake nobody. The next attempt finds it by its address and removes it; else it ends within three days.
"""

from __future__ import annotations

import hashlib
import logging
import secrets as random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from helpdesk.lib import clock, faults
from helpdesk.lib.crypto import CannotOpen
from helpdesk.tenancy import drains, secrets, tokens, work
from helpdesk.tenancy.models import TokenPurpose, WorkKind
from helpdesk.tenancy.scope import organization_scope
from mailboxes.connectors import graph_folders, graph_subscriptions
from mailboxes.connectors.config import GraphConfig
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.connectors.graph_client import GraphClient, connected
from mailboxes.connectors.graph_subscriptions import Made, Wanted
from mailboxes.connectors.registry import traits_of
from mailboxes.models import GraphSubscription, Mailbox, RealTime
from mailboxes.services.liveness import real_time_notes
from mailboxes.services.liveness.health import NEVER, is_on
from mailboxes.services.oauth.graph_configs import mailbox_config
from mailboxes.services.oauth.tokens import stored_token
from mailboxes.services.reading import waits
from mailboxes.services.reading.accounts import caller_of
from mailboxes.services.reading.sessions import visiting_place

logger = logging.getLogger(__name__)

LEASE_S = 300.0
FIRST_PAUSE_S = 10.0
MAX_PAUSE_S = 15 * 60.0
PERMANENT_PAUSE_S = 3600.0  # permissions are given, addresses opened
LEAST_PAUSE_S = 60.0  # between two renewals, however soon Graph lets one end
FAREWELL_TRIES = 3
BUSY_PAUSE_S = 3.0  # until the next try for a call, where as many are under way as the app has


def follow(mailbox: Mailbox) -> None:
    """The mailbox is subscribed as it is now, or no longer. Inside the caller's transaction."""
    if not is_wanted(mailbox) and not GraphSubscription.objects.filter(mailbox_id=mailbox.pk).exists():
        return
    organization_id = mailbox.organization_id
    work.enqueue(WorkKind.SUBSCRIBE, organization_id=organization_id, row_id=mailbox.pk)
    work.revoke(WorkKind.SUBSCRIBE, organization_id=organization_id, row_id=mailbox.pk, due_at=clock.now())
    drains.wake(WorkKind.SUBSCRIBE)


def take_leave(mailbox: Mailbox) -> None:
    """The subscription of a mailbox that is being deleted can still be removed when its secrets are gone.

    An access token that is good for minutes is kept for it, sealed. Inside the caller's transaction.
    """
    row = GraphSubscription.objects.filter(mailbox_id=mailbox.pk).first()
    if row is None:
        return
    row.farewell_sealed = secrets.seal_for(row, "farewell_sealed", stored_token(mailbox.connection))
    row.save(update_fields=["farewell_sealed"])
    tokens.forget(TokenPurpose.NOTIFICATION, row_id=mailbox.pk)


def is_wanted(mailbox: Mailbox) -> bool:
    """True if the mailbox is to be told of new mail this way."""
    is_alive = mailbox.deleted_at is None and is_on(mailbox) and mailbox.is_real_time
    return is_alive and traits_of(mailbox.connection.kind).has_notifications


def handle(claim: work.Claim) -> None:
    """The drain's handler: the mailbox is subscribed, or not, as it wants to be; due again when that needs care."""
    with organization_scope(claim.organization_id):
        rows = Mailbox.objects.select_related("connection__proxy", "connection__grant", "organization")
        mailbox = rows.filter(id=claim.row_id).first()
    if mailbox is None:
        work.finish(claim)
        return
    wait = waits.wait_of(caller_of(mailbox.connection))
    if wait is not None:
        work.give_back([claim], due_at=wait.until)
        return
    with visiting_place(mailbox, timeout_s=LEASE_S) as has_place:
        if not has_place:
            work.give_back([claim], due_at=clock.in_seconds(BUSY_PAUSE_S))
        elif is_wanted(mailbox) and settings.PUBLIC_URL:
            _keep(claim, mailbox)
        else:
            _end(claim, mailbox)


@dataclass(frozen=True)
class _Place:
    """A mailbox's row and what is needed to speak about it with Graph."""

    row: GraphSubscription
    config: GraphConfig
    token: str  # of the address that Graph calls

    @property
    def address(self) -> str:
        """What Graph calls, or was told to call."""
        base = self.row.public_url or settings.PUBLIC_URL
        return base + reverse("graph_notifications", args=[self.token])


def _keep(claim: work.Claim, mailbox: Mailbox) -> None:
    try:
        with _at_graph(claim, mailbox) as (client, place):
            folder = graph_folders.found(client, place.config.folder)
            resource = graph_subscriptions.resource_of(client, folder)
            made = _renewed(client, place, resource) or _created(claim, client, place, resource)
    except ConnectorError as error:
        _put_off(claim, mailbox, error)
    else:
        _store(claim, mailbox, made, resource=resource)


def _renewed(client: GraphClient, place: _Place, resource: str) -> Made | None:
    """The one there is, renewed; None if it is gone, or watches something else, and so was removed."""
    row = place.row
    if row.is_creating or not row.remote_id:
        return None
    if (row.resource, row.public_url) == (resource, settings.PUBLIC_URL):
        return graph_subscriptions.renew(client, row.remote_id, now=clock.now())
    graph_subscriptions.remove(client, row.remote_id)
    return None


def _created(claim: work.Claim, client: GraphClient, place: _Place, resource: str) -> Made:
    if place.row.is_creating:
        removed = graph_subscriptions.remove_strays(client, place.address, but="")
        logger.info("subscriptions.strays_removed", extra={"mailbox_id": claim.row_id, "count": removed})
    client_state = random.token_urlsafe(48)
    address = settings.PUBLIC_URL + reverse("graph_notifications", args=[place.token])
    with organization_scope(claim.organization_id), transaction.atomic():
        work.still_ours(claim, lease_s=LEASE_S)
        GraphSubscription.objects.filter(pk=place.row.pk).update(
            is_creating=True,
            remote_id="",
            public_url=settings.PUBLIC_URL,
            client_state_hash=state_hash(client_state),
        )
    faults.point("subscriptions.asking")
    made = graph_subscriptions.create(client, Wanted(resource, address, client_state), now=clock.now())
    faults.point("subscriptions.answered")
    return made


def _store(claim: work.Claim, mailbox: Mailbox, made: Made, *, resource: str) -> None:
    """It is known, and mail from before it is polled for."""
    moment = clock.now()
    with organization_scope(claim.organization_id), transaction.atomic():
        work.reschedule(claim, due_at=moment + _half(made.expires_at - moment), succeeded=True)
        rows = GraphSubscription.objects.filter(mailbox_id=mailbox.pk)
        rows.update(remote_id=made.id, resource=resource, expires_at=made.expires_at, is_creating=False)
        is_new = real_time_notes.note(mailbox.pk, state=RealTime.LIVE)
    if is_new:
        real_time_notes.wake(claim.organization_id, mailbox.pk)


def _half(life: timedelta) -> timedelta:
    return max(life / 2, timedelta(seconds=LEAST_PAUSE_S))


def _put_off(claim: work.Claim, mailbox: Mailbox, error: ConnectorError) -> None:
    """Another try comes; the mailbox says why it is not told, unless a subscription from before still lives."""
    growing_s = min(MAX_PAUSE_S, FIRST_PAUSE_S * 2 ** min(claim.attempts - 1, 10))
    pause_s = max(PERMANENT_PAUSE_S if error.permanent else growing_s, error.retry_after_s or 0.0)
    moment = clock.now()
    waits.note_refusal(caller_of(mailbox.connection), error)
    logger.info("subscriptions.put_off", extra={"mailbox_id": mailbox.pk, "reason": error.reason})
    with organization_scope(claim.organization_id), transaction.atomic():
        work.reschedule(claim, due_at=moment + timedelta(seconds=pause_s), succeeded=False)
        living = GraphSubscription.objects.filter(mailbox_id=mailbox.pk, expires_at__gt=moment, is_creating=False)
        if not living.exclude(remote_id="").exists():
            state = RealTime.UNAVAILABLE if error.permanent else RealTime.LOST
            real_time_notes.note(mailbox.pk, state=state, reason=error.reason)


def _end(claim: work.Claim, mailbox: Mailbox) -> None:
    """Graph has no subscription of the mailbox; where it cannot be asked any more, the last one ends by itself."""
    with organization_scope(claim.organization_id):
        row = GraphSubscription.objects.filter(mailbox_id=mailbox.pk).first()
    if row is not None and (row.remote_id or row.is_creating) and not _has_ended(row):
        try:
            with _at_graph(claim, mailbox) as (client, place):
                if row.is_creating:
                    graph_subscriptions.remove_strays(client, place.address, but=row.remote_id)
                if row.remote_id:
                    graph_subscriptions.remove(client, row.remote_id)
        except ConnectorError as error:
            if not error.permanent and claim.attempts < FAREWELL_TRIES:
                pause_s = max(FIRST_PAUSE_S * 2**claim.attempts, error.retry_after_s or 0.0)
                work.reschedule(claim, due_at=clock.in_seconds(pause_s), succeeded=False)
                return
            logger.warning("subscriptions.left", extra={"mailbox_id": mailbox.pk, "reason": error.reason})
    _forget(claim, mailbox)


def _has_ended(row: GraphSubscription) -> bool:
    return row.expires_at is not None and row.expires_at <= clock.now() and not row.is_creating


def _forget(claim: work.Claim, mailbox: Mailbox) -> None:
    """Nothing here leads to a subscription; a mailbox that may want one again keeps its item, far away."""
    with organization_scope(claim.organization_id), transaction.atomic():
        if mailbox.deleted_at is None:
            again_s = PERMANENT_PAUSE_S if is_wanted(mailbox) else NEVER.total_seconds()
            work.reschedule(claim, due_at=clock.in_seconds(again_s), succeeded=True)
        else:
            work.finish(claim)
        GraphSubscription.objects.filter(mailbox_id=mailbox.pk).delete()
        tokens.forget(TokenPurpose.NOTIFICATION, row_id=mailbox.pk)


@contextmanager
def _at_graph(claim: work.Claim, mailbox: Mailbox) -> Iterator[tuple[GraphClient, _Place]]:
    """A client for the mailbox, and its row. Raises ConnectorError: also for secrets that do not open."""
    with organization_scope(claim.organization_id), transaction.atomic():
        work.still_ours(claim)
        place = _place_of(mailbox)
    with connected(place.config) as client:
        yield client, place


def _place_of(mailbox: Mailbox) -> _Place:
    row, _is_new = GraphSubscription.objects.get_or_create(mailbox_id=mailbox.pk)
    try:
        token, farewell = (secrets.open_for(row, name) for name in ("token_sealed", "farewell_sealed"))
    except CannotOpen:
        detail = "a stored secret cannot be opened"
        raise ConnectorError(Reason.INTERNAL, permanent=True, detail=detail) from None
    config = mailbox_config(mailbox)
    if farewell:
        config = replace(config, tokens=_OneToken(farewell))
    if not token:
        token = tokens.issue(TokenPurpose.NOTIFICATION, row_id=mailbox.pk, expires_at=clock.now() + NEVER)
        row.token_sealed = secrets.seal_for(row, "token_sealed", token)
        row.save(update_fields=["token_sealed"])
    return _Place(row, config, token)


@dataclass(frozen=True)
class _OneToken:
    """A TokenSource that has this token and no other."""

    value: str

    def token(self, *, refused: str = "") -> str:
        """The token, until it was refused. Raises ConnectorError."""
        if refused:
            raise ConnectorError(Reason.LOGIN_REFUSED, permanent=True)
        return self.value


def state_hash(client_state: str) -> str:
    """What is kept of the state that Graph's calls have to carry; it is random, so that a plain hash hides it."""
    return hashlib.sha256(client_state.encode("utf-8", "replace")).hexdigest()
