"""What ends on a day that is known beforehand, and takes a mailbox with it: secrets, sign-ins, certificates, services.

Pure reading of rows that are loaded: the list, the pages and the forecast (`services/forecasting`) show the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, timedelta
from enum import StrEnum
from uuid import UUID

from mailboxes.models import Connection, Flow, GrantState, Mailbox, OAuthGrant, OutgoingServer, Provider

WARN_DAYS = (30, 7, 1)  # before the end, each once

# How long a refresh token lives that nobody uses, where the provider says so and nothing else is set.
# Microsoft: https://learn.microsoft.com/entra/identity-platform/refresh-tokens (90 days, replaced at every use).
# Google: https://developers.google.com/identity/protocols/oauth2#expiration (six months unused).
IDLE_DAYS = {Provider.MICROSOFT.value: 90, Provider.GOOGLE.value: 180}
# The same page: of an app whose consent screen is "External" and in the publishing status "Testing", used or not.
TESTING_DAYS = 7

# "EWS, Your Time is Almost Up" (Exchange team blog) and the page on controlling access to EWS: from the first day
# tenants that did not opt in are switched off, on the second all. On-premises Exchange is not concerned.
EWS_ENDS = (date(2026, 10, 1), date(2027, 4, 1))
EWS_HOSTS = frozenset({"outlook.office365.com", "outlook.office.com", "outlook.cloud.microsoft"})
# Message center MC786329, as revised on 27 January 2026: off by default for existing tenants from the end of December
# 2026; an administrator may switch it on again.
SMTP_PASSWORD_ENDS = date(2026, 12, 31)
SMTP_PASSWORD_HOSTS = frozenset({"smtp.office365.com"})


class DeadlineKind(StrEnum):
    """What ends."""

    SECRET = "secret"  # noqa: S105  # a code
    SIGN_IN = "sign_in"  # of a refresh token that is not used meanwhile
    TESTING = "testing"  # of a refresh token of an app in testing, used or not
    CERTIFICATE = "certificate"  # of the server that is read
    SENDING_CERTIFICATE = "sending_cert"
    PROVIDER_CERTIFICATE = "provider_cert"
    EWS = "ews"
    SMTP_PASSWORD = "smtp_password"  # noqa: S105  a code, no secret


@dataclass(frozen=True)
class Deadline:
    """One end. Mailboxes that share a connection or an outgoing server share it, too."""

    kind: DeadlineKind
    subject_id: UUID  # of the connection, its grant or the outgoing server
    ends_on: date  # the last day, UTC
    warn_days: tuple[int, ...] = WARN_DAYS

    def days_left(self, today: date) -> int:
        """Whole days; negative afterwards."""
        return (self.ends_on - today).days

    def step(self, today: date) -> int | None:
        """The warning that is due or was: the least of `warn_days` that is not less than the days left."""
        return min((days for days in self.warn_days if self.days_left(today) <= days), default=None)


def deadlines_of(mailbox: Mailbox, *, server: OutgoingServer | None, today: date) -> Sequence[Deadline]:
    """What is known of this mailbox, soonest first. server: through which its mail leaves.

    Reads `connection__grant` of the mailbox and `login_of__grant` of the server.
    """
    connection = mailbox.connection
    ends = [
        *_of_grant(connection),
        *_of_certificate(DeadlineKind.CERTIFICATE, connection),
        *_of_ews(connection, today),
    ]
    if server is not None:
        ends += [*_of_smtp_password(server, today), *_of_certificate(DeadlineKind.SENDING_CERTIFICATE, server)]
    return sorted(ends, key=lambda end: end.ends_on)


def _of_grant(connection: Connection) -> list[Deadline]:
    grant = grant_of(connection)
    if grant is None:
        return []
    ends = _of_certificate(DeadlineKind.PROVIDER_CERTIFICATE, grant)
    if grant.client_secret_ends_on is not None:
        ends.append(Deadline(DeadlineKind.SECRET, connection.pk, grant.client_secret_ends_on))
    if grant.flow != Flow.APP and grant.state == GrantState.ALIVE:
        ends += _of_sign_in(grant)
    return ends


def _of_sign_in(grant: OAuthGrant) -> list[Deadline]:
    lives_days = grant.refresh_lifetime_days or IDLE_DAYS.get(grant.provider)
    if grant.sign_in_ends_at is not None:
        ends_on = grant.sign_in_ends_at.astimezone(UTC).date()
        return [Deadline(DeadlineKind.TESTING, grant.connection_id, ends_on, (1,))]  # a warning at its begin is none
    if grant.refreshed_at is None or not lives_days:
        return []
    ends_on = (grant.refreshed_at.astimezone(UTC) + timedelta(days=lives_days)).date()
    # Each use begins it anew: days that a token in use never has less of are no warning.
    warn_days = tuple(days for days in WARN_DAYS if 2 * days <= lives_days)
    return [Deadline(DeadlineKind.SIGN_IN, grant.connection_id, ends_on, warn_days)]


def _of_certificate(kind: DeadlineKind, row: Connection | OutgoingServer | OAuthGrant) -> list[Deadline]:
    ends_at = row.certificate_ends_at
    return [Deadline(kind, row.pk, ends_at.astimezone(UTC).date())] if ends_at is not None else []


def _of_ews(connection: Connection, today: date) -> list[Deadline]:
    if connection.kind != "ews" or _host(connection.host) not in EWS_HOSTS:
        return []
    ends_on = next((day for day in EWS_ENDS if today <= day), EWS_ENDS[-1])
    return [Deadline(DeadlineKind.EWS, connection.pk, ends_on)]


def _of_smtp_password(server: OutgoingServer, today: date) -> list[Deadline]:
    account = server.login_of or server
    has_tokens = server.login_of is not None and grant_of(server.login_of) is not None
    is_password = bool(account.username) and not has_tokens
    if not is_password or _host(server.host) not in SMTP_PASSWORD_HOSTS or today > SMTP_PASSWORD_ENDS:
        return []
    return [Deadline(DeadlineKind.SMTP_PASSWORD, server.pk, SMTP_PASSWORD_ENDS)]


def ended_like_in_testing(grant: OAuthGrant) -> bool:
    """True if Google ended the sign-in when it ends those of apps in testing: that is the likeliest reason then."""
    told_at, signed_in_at = grant.outage_notified_at, grant.signed_in_at
    if grant.provider != Provider.GOOGLE or grant.state != GrantState.DEAD or not told_at or not signed_in_at:
        return False
    return timedelta(days=TESTING_DAYS) <= told_at - signed_in_at < timedelta(days=TESTING_DAYS + 1)


def grant_of(connection: Connection) -> OAuthGrant | None:
    """The connection's grant, which `select_related` has loaded with it; None if it has none."""
    grant: OAuthGrant | None = getattr(connection, "grant", None)
    return grant


def _host(name: str) -> str:
    return name.lower().rstrip(".")
