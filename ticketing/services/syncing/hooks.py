"""The address at which another system calls an integration: making it, proving a call, renewing, deleting."""

from __future__ import annotations

import hmac
import secrets as random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from helpdesk.accounts.models import Membership
from helpdesk.accounts.services import audit
from helpdesk.accounts.services.audit import CHANGED
from helpdesk.lib import clock, webhook_signatures
from helpdesk.lib.errors import DomainError
from helpdesk.tenancy import secrets, tokens
from helpdesk.tenancy.models import TokenPurpose
from helpdesk.tenancy.scope import organization_scope
from helpdesk.tenancy.state import required_organization_id
from mailboxes.services.liveness.health import NEVER
from ticketing.models import IncomingHook, Integration, Proof
from ticketing.services.syncing.mapping import default_mapping

SHARED_FOR = timedelta(days=1)
CALLED_WITHIN_S = 60
_TOKEN_BYTES = 32


@dataclass(frozen=True)
class Called:
    """Where an address leads, and what proves a call there."""

    organization_id: int
    hook_id: Any
    proof: Proof
    keys: tuple[str, ...] = field(repr=False)  # secrets that are good now
    is_paused: bool


@dataclass(frozen=True)
class Given:
    """What is shown once."""

    hook: IncomingHook
    address: str = field(repr=False)
    secret: str = field(repr=False)


@transaction.atomic
def create_hook(integration: Integration, *, proof: Proof, actor: Membership) -> Given:
    """The integration can be called, with the mapping of another Postroom until it is changed. In the scope.

    Raises DomainError (hook_exists).
    """
    if IncomingHook.objects.filter(integration=integration).exists():
        raise DomainError(_("It has an address already. Renew it, or delete it first."), code="hook_exists")
    hook = IncomingHook(organization_id=required_organization_id(), integration=integration, proof=proof)
    secret = _new_secret(proof)
    hook.secret_sealed = secrets.seal_for(hook, "secret_sealed", secret)
    hook.mapping = default_mapping()
    hook.created_at = clock.now()
    hook.save()
    audit.record("incoming.created", target=hook, actor=actor, changes={"proof": (None, proof.value)})
    return Given(hook, _address(hook), secret)


@transaction.atomic
def renew_address(hook: IncomingHook, *, actor: Membership) -> str:
    """It is called at another address, given here only; the old one leads nowhere from now on."""
    audit.record("incoming.address_renewed", target=hook, actor=actor)
    return _address(hook)


@transaction.atomic
def renew_secret(hook: IncomingHook, *, actor: Membership, shared_for: timedelta = SHARED_FOR) -> str:
    """Calls prove themselves by another secret, given here only; the former one is taken for a while, too."""
    locked: IncomingHook = IncomingHook.objects.select_for_update(of=("self",)).get(pk=hook.pk)
    former, secret = secrets.open_for(locked, "secret_sealed"), _new_secret(Proof(locked.proof))
    locked.old_secret_sealed = secrets.seal_for(locked, "old_secret_sealed", former)
    locked.old_secret_until = clock.now() + shared_for
    locked.secret_sealed = secrets.seal_for(locked, "secret_sealed", secret)
    locked.save(update_fields=["old_secret_sealed", "old_secret_until", "secret_sealed"])
    audit.record("incoming.secret_renewed", target=hook, actor=actor, changes={"secret": (CHANGED, CHANGED)})
    return secret


@transaction.atomic
def change_mapping(hook: IncomingHook, mapping: Mapping[str, Any], *, actor: Membership) -> None:
    """Calls are read so from now on; those that were not understood can be tried again."""
    before = IncomingHook.objects.select_for_update(of=("self",)).get(pk=hook.pk).mapping
    if before == mapping:
        return
    IncomingHook.objects.filter(pk=hook.pk).update(mapping=dict(mapping))
    hook.mapping = dict(mapping)
    said = audit.differences(before.get("pointers", {}), after=mapping["pointers"])
    tables = [name for name in ("status", "priority", "kinds") if before.get(name) != mapping.get(name)]
    changes = {**said, **dict.fromkeys(tables, (CHANGED, CHANGED))}
    audit.record("incoming.mapping_changed", target=hook, actor=actor, changes=changes)


@transaction.atomic
def delete_hook(hook: IncomingHook, *, actor: Membership) -> None:
    """Nobody can call any more; the log of calls is gone, what they did stays."""
    audit.record("incoming.deleted", target=hook, actor=actor)
    tokens.forget(TokenPurpose.WEBHOOK, row_id=hook.integration_id)
    hook.delete()


def find(token: str) -> Called | None:
    """Where the address with this token leads. Outside any scope."""
    entry = tokens.look_up(TokenPurpose.WEBHOOK, token=token)
    if entry is None:
        return None
    with organization_scope(entry.organization_id):
        hooks = IncomingHook.objects.select_related("integration", "organization")
        hook = hooks.filter(integration=entry.row_id, integration__deleted_at=None).first()
        if hook is None:
            return None
        keys = (secrets.open_for(hook, "secret_sealed"), *_former(hook))
    is_paused = hook.integration.paused_at is not None
    return Called(entry.organization_id, hook.pk, Proof(hook.proof), keys, is_paused=is_paused)


def is_proven(called: Called, *, body: bytes, headers: Mapping[str, str]) -> bool:
    """True if the call carries what the hook asks for. headers: by name in lower case."""
    if called.proof is Proof.SIGNATURE:
        return webhook_signatures.is_signed(body, headers, keys=called.keys, now=clock.now())
    kind, _space, given = headers.get("authorization", "").partition(" ")
    offered = given.strip().encode("utf-8", "replace")
    matches = [hmac.compare_digest(offered, key.encode()) for key in called.keys]
    return kind.lower() == "bearer" and any(matches)


def note_call(called: Called) -> None:
    """The page says when it was called last, to the minute. Outside any scope."""
    moment = clock.now()
    lately = moment - timedelta(seconds=CALLED_WITHIN_S)
    with organization_scope(called.organization_id):
        hooks = IncomingHook.objects.filter(pk=called.hook_id)
        hooks.filter(Q(called_at=None) | Q(called_at__lte=lately)).update(called_at=moment)


def _former(hook: IncomingHook) -> tuple[str, ...]:
    is_good = hook.old_secret_until is not None and hook.old_secret_until > clock.now()
    return (secrets.open_for(hook, "old_secret_sealed"),) if is_good else ()


def _new_secret(proof: Proof) -> str:
    return webhook_signatures.new_secret() if proof is Proof.SIGNATURE else random.token_urlsafe(_TOKEN_BYTES)


def _address(hook: IncomingHook) -> str:
    token = tokens.issue(TokenPurpose.WEBHOOK, row_id=hook.integration_id, expires_at=clock.now() + NEVER)
    return settings.BASE_URL + reverse("incoming_webhook", args=[token])
