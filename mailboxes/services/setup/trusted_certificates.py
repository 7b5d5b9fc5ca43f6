"""Certificates trusted by their fingerprints: given and ended by people, gone with the last use of their server.

One counts for a host and port of the organization, whichever mailbox or outgoing server goes there. What changes counts
at once: mailboxes are polled and listened to anew, and a server that was paused over its certificate is tried again.
Needs the scope.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction
from django.db.models import Q

from helpdesk.accounts.models import Membership
from helpdesk.accounts.services import audit
from helpdesk.lib import clock
from helpdesk.tenancy import drains, work
from helpdesk.tenancy.models import WorkKind
from mailboxes.diagnosis.certificates import TrustOffer
from mailboxes.models import Connection, Mailbox, OutgoingServer, TrustedCertificate
from mailboxes.services.liveness import real_time
from mailboxes.services.sending.pauses import resume_server
from mailboxes.services.setup.trusted_fingerprints import spelled_host


def trusted_for(host: str, port: int) -> TrustedCertificate | None:
    """What is trusted for this server."""
    return TrustedCertificate.objects.filter(host=spelled_host(host), port=port).first()


@transaction.atomic
def trust_certificate(offer: TrustOffer, *, actor: Membership) -> TrustedCertificate:
    """This server is accepted with exactly this certificate from now on; one trusted for it before no longer is."""
    shown = offer.certificate
    earlier = trusted_for(offer.host, offer.port)
    known = {
        "sha256": shown.sha256,
        "subject": shown.subject,
        "issuer": shown.issuer,
        "ends_at": shown.expires_at,
        "trusted_at": clock.now(),
    }
    trusted: TrustedCertificate = TrustedCertificate.objects.update_or_create(
        host=spelled_host(offer.host), port=offer.port, defaults=known
    )[0]
    changes = {"fingerprint": (earlier.fingerprint if earlier else None, trusted.fingerprint)}
    audit.record("certificate.trusted", target=trusted, actor=actor, changes=changes)
    _go_there_anew(trusted)
    return trusted


@transaction.atomic
def end_trust(trusted: TrustedCertificate, *, actor: Membership | None = None) -> None:
    """Authorities alone vouch for the server again."""
    changes = {"fingerprint": (trusted.fingerprint, None)}
    audit.record("certificate.trust_ended", target=trusted, actor=actor, changes=changes)
    _go_there_anew(trusted)
    trusted.delete()


def places_of(mailbox: Mailbox) -> set[tuple[str, int]]:
    """Host and port of the servers the mailbox is read from and sends through."""
    servers: list[Connection | OutgoingServer | None] = [mailbox.connection, mailbox.outgoing]
    return {(server.host, server.port) for server in servers if server is not None}


def forget_unused(places: Iterable[tuple[str, int]], *, actor: Membership | None) -> None:
    """Nothing is trusted for a server that nothing goes to any more. Inside the caller's transaction."""
    for host, port in places:
        trusted = trusted_for(host, port)
        if trusted is not None and not users_of(trusted) and not _server_goes_to(trusted):
            end_trust(trusted, actor=actor)


def users_of(trusted: TrustedCertificate) -> list[Mailbox]:
    """The mailboxes that are read from this server or send through it, by name."""
    reads = Q(connection__host__iexact=trusted.host, connection__port=trusted.port)
    sends = Q(outgoing__host__iexact=trusted.host, outgoing__port=trusted.port)
    return list(Mailbox.objects.filter(reads | sends, deleted_at=None).order_by("name", "id").distinct())


def _go_there_anew(trusted: TrustedCertificate) -> None:
    """What is known of the certificate there is forgotten, too: its end is another's, or matters no longer."""
    there = Connection.objects.filter(host__iexact=trusted.host, port=trusted.port)
    there.update(certificate_ends_at=None, certificate_seen_at=None)
    for mailbox in users_of(trusted):
        if mailbox.is_enabled:
            work.ask_now(WorkKind.POLL, organization_id=mailbox.organization_id, row_id=mailbox.pk)
        real_time.follow(mailbox)
    servers = OutgoingServer.objects.filter(host__iexact=trusted.host, port=trusted.port)
    for server in servers.filter(Q(paused_at=None) | Q(pause_reason__startswith="tls_certificate")):
        resume_server(server)
    drains.wake(WorkKind.POLL)


def _server_goes_to(trusted: TrustedCertificate) -> bool:
    """True if an outgoing server that stands by itself is there."""
    by_itself = OutgoingServer.objects.exclude(name="", is_default=False)
    return by_itself.filter(host__iexact=trusted.host, port=trusted.port).exists()
