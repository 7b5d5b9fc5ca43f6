"""The addresses of mailboxes that mail is brought to, and what they lead to.

Each has a secret web address, of which only the hash is kept, and a name on the installation's mail domain. The name is
random too, but no secret: it stands in the settings of whoever forwards, and in the mail that came that way.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.text import slugify

from helpdesk.accounts.models import Membership
from helpdesk.accounts.services import audit
from helpdesk.accounts.services.audit import Origin
from helpdesk.lib import clock
from helpdesk.tenancy import tokens
from helpdesk.tenancy.models import TokenPurpose
from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import Mailbox
from mailboxes.services.liveness.health import NEVER

MAX_SLUG_CHARS = 24
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that reads like something else; mail servers change case
_RANDOM_CHARS = 16  # 79 bits: who tries names meets a mail server that counts


@dataclass(frozen=True)
class PushTarget:
    """Where an address leads."""

    organization_id: int
    mailbox_id: int
    max_bytes: int  # of one message


def find_by_token(token: str) -> PushTarget | None:
    """The mailbox with this secret web address. Outside any scope."""
    return _find(TokenPurpose.PUSH, token)


def find_by_address(address: str) -> PushTarget | None:
    """The mailbox with this address on the mail domain, whatever its case and what follows a plus.

    Outside any scope.
    """
    local, _, domain = address.strip().lower().rpartition("@")
    if not settings.MAIL_DOMAIN or domain != settings.MAIL_DOMAIN:
        return None
    return _find(TokenPurpose.FORWARDING, local.partition("+")[0])


def give_addresses(mailbox: Mailbox) -> str:
    """The new mailbox has both addresses; gives the token of the secret one, which is stored nowhere.

    In the caller's transaction.
    """
    _name(mailbox)
    return _secret(mailbox)


@transaction.atomic
def renew_secret(mailbox: Mailbox, *, actor: Membership | None = None, origin: Origin = "web") -> str:
    """The mailbox has another secret web address, given here only; the old one leads nowhere any more."""
    audit.record("mailbox.push_address_renewed", target=mailbox, actor=actor, origin=origin)
    return _secret(mailbox)


@transaction.atomic
def renew_name(mailbox: Mailbox, *, actor: Membership | None = None, origin: Origin = "web") -> None:
    """The mailbox has another name on the mail domain; the old one is unknown there from now on."""
    _name(mailbox)
    audit.record("mailbox.forwarding_renewed", target=mailbox, actor=actor, origin=origin)


def end_addresses(mailbox: Mailbox) -> None:
    """Nothing leads to the mailbox any more. In the caller's transaction."""
    for purpose in (TokenPurpose.PUSH, TokenPurpose.FORWARDING):
        tokens.forget(purpose, row_id=mailbox.pk)


def web_address(token: str) -> str:
    """Where mail is posted to."""
    return settings.BASE_URL + reverse("push", args=[token])


def forwarding_address(mailbox: Mailbox) -> str:
    """Where mail is forwarded to; "" on an installation without a mail domain."""
    has_one = settings.MAIL_DOMAIN and mailbox.forwarding_name
    return f"{mailbox.forwarding_name}@{settings.MAIL_DOMAIN}" if has_one else ""


def _find(purpose: TokenPurpose, token: str) -> PushTarget | None:
    entry = tokens.look_up(purpose, token=token)
    if entry is None:
        return None
    with organization_scope(entry.organization_id):
        mailbox = Mailbox.objects.filter(pk=entry.row_id, deleted_at=None, is_draft=False).first()
    if mailbox is None:
        return None
    return PushTarget(entry.organization_id, mailbox.pk, mailbox.max_message_bytes)


def _secret(mailbox: Mailbox) -> str:
    return tokens.issue(TokenPurpose.PUSH, row_id=mailbox.pk, expires_at=clock.now() + NEVER)


def _name(mailbox: Mailbox) -> None:
    readable = slugify(mailbox.name)[:MAX_SLUG_CHARS].strip("-_") or "mail"
    mailbox.forwarding_name = readable + "-" + "".join(secrets.choice(_ALPHABET) for _ in range(_RANDOM_CHARS))
    Mailbox.objects.filter(pk=mailbox.pk).update(forwarding_name=mailbox.forwarding_name)
    tokens.enter(
        TokenPurpose.FORWARDING,
        token=mailbox.forwarding_name,
        row_id=mailbox.pk,
        expires_at=clock.now() + NEVER,
    )
