"""Who hears that a mailbox cannot be read, and that it is read again: one notice for one cause.

third failure ─┬▶ its grant is refused, and that was told at once (`oauth.tokens`): nothing more is said
               ├▶ another mailbox of the connection fails with the same reason and was told of: it is part of that
               └▶ told, naming every mailbox of the connection that fails so
read again ────┬▶ another one that was told of with it still fails: that one says it for all
               └▶ told, naming those that came back meanwhile
"""

from __future__ import annotations

from django.db.models import Q, QuerySet

from helpdesk.lib import clock
from mailboxes.connectors.errors import OF_TOKENS, Reason
from mailboxes.models import Connection, Health, Mailbox, OAuthGrant
from mailboxes.services.liveness.telling import OUTAGE, RECOVERY, tell_admins

# What fails so fails for every mailbox of the connection; anything else is about the one mailbox.
OF_CONNECTIONS = OF_TOKENS | frozenset(
    {
        Reason.NAME_NOT_FOUND,
        Reason.HOST_NOT_ALLOWED,
        Reason.UNREACHABLE,
        Reason.PROXY_UNREACHABLE,
        Reason.PROXY_LOGIN_REFUSED,
        Reason.PROXY_REFUSED,
        Reason.TIMEOUT,
        Reason.CONNECTION_LOST,
        Reason.TLS_CERTIFICATE_NAME,
        Reason.TLS_CERTIFICATE_EXPIRED,
        Reason.TLS_CERTIFICATE_UNTRUSTED,
        Reason.TLS_NOT_OFFERED,
        Reason.TLS_FAILED,
        Reason.LOGIN_REFUSED,
        Reason.LOGIN_DISABLED,
        Reason.THROTTLED,
        Reason.TOO_MANY_CONNECTIONS,
        Reason.SERVER_ERROR,
    }
)


def tell_outage(mailbox: Mailbox) -> None:
    """The admins hear of the failure that stands on the mailbox, unless they have heard of its cause.

    `outage_notified_at` is set, for the caller to save, if they are to hear when it is over. Inside the transaction.
    """
    if _is_told_of_grant(mailbox):
        return
    mailbox.outage_notified_at = clock.now()
    failing = _failing_alike(mailbox)
    if failing.exclude(outage_notified_at=None).exists():
        return
    names = [mailbox.name, *failing.values_list("name", flat=True)]
    failing.update(outage_notified_at=mailbox.outage_notified_at)
    _tell(OUTAGE, mailbox, names=names)


def tell_recovery(mailbox: Mailbox) -> None:
    """The admins hear that it is over, once nothing of what they heard of fails any more.

    The failure still stands on the mailbox. `outage_notified_at` is for the caller to clear. Inside the transaction.
    """
    if mailbox.outage_notified_at is None or _failing_alike(mailbox).exclude(outage_notified_at=None).exists():
        return
    names = [mailbox.name]
    if mailbox.error_reason in OF_CONNECTIONS and mailbox.failing_since is not None:
        back = _others(mailbox).filter(health=Health.REACHABLE, health_since__gte=mailbox.failing_since)
        names += back.values_list("name", flat=True)
    _tell(RECOVERY, mailbox, names=names)


def _is_told_of_grant(mailbox: Mailbox) -> bool:
    told = OAuthGrant.objects.filter(connection_id=mailbox.connection_id).exclude(outage_notified_at=None)
    return mailbox.error_reason in OF_TOKENS and told.exists()


def _failing_alike(mailbox: Mailbox) -> QuerySet[Mailbox]:
    """The other mailboxes of the connection that fail with the same reason, if that is the connection's."""
    if mailbox.error_reason not in OF_CONNECTIONS:
        return Mailbox.objects.none()
    Connection.objects.select_for_update().filter(pk=mailbox.connection_id).first()  # two that fail at once: one tells
    return _others(mailbox).filter(~Q(health=Health.REACHABLE), error_reason=mailbox.error_reason)


def _others(mailbox: Mailbox) -> QuerySet[Mailbox]:
    same = Mailbox.objects.filter(connection_id=mailbox.connection_id, deleted_at=None, is_enabled=True)
    return same.exclude(pk=mailbox.pk)


def _tell(action: str, mailbox: Mailbox, *, names: list[str]) -> None:
    health = (Health.REACHABLE, mailbox.health) if action == OUTAGE else (mailbox.health, Health.REACHABLE)
    changes: dict[str, tuple[str, str]] = {
        "health": health,
        "reason": ("", mailbox.error_reason),
        "detail": ("", mailbox.error_detail),
    }
    if len(names) > 1:
        changes["mailboxes"] = ("", ", ".join(sorted(" ".join(name.split()) for name in names)))
    tell_admins(action, target=mailbox, changes=changes)
