"""Who hears that a mailbox cannot be read, and that it is read again: one notice for one cause.

third failure ─┬▶ its grant is refused, and that was told at once (`oauth.tokens`): nothing more is said
               ├▶ another mailbox of the connection fails with the same reason and was told of: it is part of that
               └▶ told, naming every mailbox of the connection that fails so
read again ────┬▶ another one that was told of with it still fails: nothing yet, `outage_notified_at` stays set
               └▶ told, naming those that came back meanwhile
each poll after ▶ what it waited for is paused, deleted or fails otherwise by now: told
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
        Reason.TLS_CERTIFICATE_CHANGED,
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

    `outage_notified_at` is empty then, for the caller to save; it stays while another mailbox has to come back first.
    The failure still stands on a mailbox that has just come back. Inside the transaction.
    """
    if mailbox.outage_notified_at is None:
        return
    _one_at_a_time(mailbox)
    told_at = Mailbox.objects.filter(pk=mailbox.pk).values_list("outage_notified_at", flat=True).first()
    if told_at is None:  # another one has said it for this one
        mailbox.outage_notified_at = None
        return
    if _still_failing(mailbox).exclude(outage_notified_at=None).exists():
        return
    names = [mailbox.name]
    if mailbox.error_reason in OF_CONNECTIONS or mailbox.health == Health.REACHABLE:
        back = _others(mailbox).filter(health=Health.REACHABLE).exclude(outage_notified_at=None)
        names += back.values_list("name", flat=True)
        back.update(outage_notified_at=None)
    mailbox.outage_notified_at = None
    _tell(RECOVERY, mailbox, names=names)


def _is_told_of_grant(mailbox: Mailbox) -> bool:
    told = OAuthGrant.objects.filter(connection_id=mailbox.connection_id).exclude(outage_notified_at=None)
    return mailbox.error_reason in OF_TOKENS and told.exists()


def _failing_alike(mailbox: Mailbox) -> QuerySet[Mailbox]:
    """The other mailboxes of the connection that fail with the same reason, if that is the connection's."""
    if mailbox.error_reason not in OF_CONNECTIONS:
        return Mailbox.objects.none()
    _one_at_a_time(mailbox)
    return _others(mailbox).filter(~Q(health=Health.REACHABLE), error_reason=mailbox.error_reason)


def _still_failing(mailbox: Mailbox) -> QuerySet[Mailbox]:
    """The others that fail as this one did; of one that came back before, with any reason of the connection's."""
    if mailbox.health != Health.REACHABLE:
        return _failing_alike(mailbox)
    return _others(mailbox).filter(~Q(health=Health.REACHABLE), error_reason__in=OF_CONNECTIONS)


def _one_at_a_time(mailbox: Mailbox) -> None:
    """Of several mailboxes of the connection that fail or come back at once, one tells."""
    Connection.objects.select_for_update().filter(pk=mailbox.connection_id).first()


def _others(mailbox: Mailbox) -> QuerySet[Mailbox]:
    same = Mailbox.objects.filter(connection_id=mailbox.connection_id, deleted_at=None, is_enabled=True)
    return same.exclude(pk=mailbox.pk)


def _tell(action: str, mailbox: Mailbox, *, names: list[str]) -> None:
    health: tuple[str, str] = (Health.REACHABLE, mailbox.health)
    if action == RECOVERY:
        was = Health.UNREACHABLE if mailbox.health == Health.REACHABLE else mailbox.health
        health = (was, Health.REACHABLE)
    changes: dict[str, tuple[str, str]] = {
        "health": health,
        "reason": ("", mailbox.error_reason),
        "detail": ("", mailbox.error_detail),
    }
    if len(names) > 1:
        changes["mailboxes"] = ("", ", ".join(sorted(" ".join(name.split()) for name in names)))
    tell_admins(action, target=mailbox, changes=changes)
