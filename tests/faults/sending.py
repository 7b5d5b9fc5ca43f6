"""Mails on their way out of an installation, and what must be true of them whatever died."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from tests.faults.harness import SLUG, Installation
from tests.servers.smtp import SmtpServer

_QUEUE = """
from helpdesk.accounts.models import Organization
from helpdesk.tenancy.scope import organization_scope
from django.db import transaction
from tests.factories.outgoing import make_outgoing_server, queue_mail
with organization_scope(Organization.objects.get(slug={slug!r}).id), transaction.atomic():
    server = make_outgoing_server({port}, host="localhost", security="starttls")
    ids = [queue_mail(server, to=[f"r{{n}}.{{k}}@{domain}" for k in range({each})]).id for n in range({number})]
print(min(ids), max(ids))
"""


@dataclass(frozen=True)
class Batch:
    """Queued mails, told from those of other tests by the domain of their recipients."""

    domain: str
    first_id: int
    last_id: int
    recipients: int

    def states(self, installation: Installation) -> Counter[str]:
        """How many recipients are in each state."""
        rows = installation.rows(
            "SELECT state, count(*) FROM mailboxes_outboxrecipient WHERE address LIKE %s GROUP BY state",
            f"%@{self.domain}",
        )
        return Counter(dict(rows))

    def unknown(self, installation: Installation) -> set[str]:
        """The addresses whose delivery is unknown."""
        rows: list[tuple[Any, ...]] = installation.rows(
            "SELECT address FROM mailboxes_outboxrecipient WHERE state = %s AND address LIKE %s",
            "unknown",
            f"%@{self.domain}",
        )
        return {address for (address,) in rows}

    def marked(self, installation: Installation) -> int:
        """How many recipients the content may have gone out to."""
        sql = "SELECT address, is_marked FROM mailboxes_outboxrecipient WHERE address LIKE %s"
        return sum(bool(is_marked) for _, is_marked in installation.rows(sql, f"%@{self.domain}"))

    def arrivals(self, server: SmtpServer) -> Counter[str]:
        """How often each recipient got its mail."""
        found = (address for mail in server.received for address in mail.recipients)
        return Counter(address for address in found if address.endswith(f"@{self.domain}"))


def queue_batch(
    installation: Installation, server: SmtpServer, *, domain: str, number: int = 60, each: int = 2
) -> Batch:
    """So many mails for so many recipients each are due."""
    code = _QUEUE.format(slug=SLUG, port=server.port, domain=domain, each=each, number=number)
    first, last = installation.script(code).split()
    return Batch(domain=domain, first_id=int(first), last_id=int(last), recipients=number * each)


def assert_once_or_unknown(batch: Batch, *, installation: Installation, server: SmtpServer, unknown: int) -> None:
    """Everybody got it exactly once and is `sent`, but for `unknown` recipients, who got it at most once."""
    arrivals, states = batch.arrivals(server), batch.states(installation)
    assert states == Counter({"sent": batch.recipients - unknown} | ({"unknown": unknown} if unknown else {}))
    assert max(arrivals.values(), default=0) <= 1
    assert batch.recipients - len(arrivals) <= unknown
    missing = batch.recipients - len(arrivals)
    assert missing == len([a for a in batch.unknown(installation) if a not in arrivals])


def assert_never_twice(batch: Batch, *, installation: Installation, server: SmtpServer) -> None:
    """Nobody got it twice, and whoever did not get it is not `sent`; how many are unknown hangs on luck here."""
    arrivals, states = batch.arrivals(server), batch.states(installation)
    assert states.total() == batch.recipients
    assert max(arrivals.values()) == 1
    assert states["sent"] <= len(arrivals) <= states["sent"] + states["unknown"]
