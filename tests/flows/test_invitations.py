"""An invitation to a meeting is mail whichever way the mailbox is read: it opens a ticket with the calendar's file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from helpdesk.tenancy import work
from helpdesk.tenancy.models import WorkKind
from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import Outcome, RemoteMessage
from mailboxes.services.reading.foreground import poll_now
from tests.fakes.ews import FakeEws
from tests.fakes.graph import FakeGraph
from tests.fakes.graph_mailbox import FakeMailbox
from tests.mailboxes.ews import EwsAccount
from tests.mailboxes.graph import make_graph_mailbox, make_registration, point_at
from tests.servers.certificates import CertificateAuthority
from ticketing.models import Attachment, Ticket

pytestmark = [pytest.mark.django_db, pytest.mark.both]
USER = "support@fernhollow.test"
INVITATION = Path(__file__).parents[1] / "mail" / "calendar_invitation.eml"

Connected = tuple[FakeMailbox, int]


@contextmanager
def over_graph(organization: Any, authority: Any, monkeypatch: Any, settings: Any) -> Iterator[Connected]:
    """A mailbox of Microsoft 365."""
    with FakeGraph(authority) as graph:
        point_at(graph, monkeypatch, settings)
        with organization_scope(organization.id):
            mailbox = make_graph_mailbox(make_registration(), user=USER)
            work.enqueue(WorkKind.POLL, organization_id=organization.id, row_id=mailbox.id)
        yield graph.mailbox(USER), mailbox.id


@contextmanager
def over_ews(organization: Any, authority: Any, monkeypatch: Any, settings: Any) -> Iterator[Connected]:
    """A mailbox of an Exchange server."""
    from ipaddress import ip_network

    settings.MAIL_ALLOWED_NETWORKS = (ip_network("127.0.0.0/8"), ip_network("::1"))
    settings.MAIL_ALLOWED_PORTS = frozenset(range(1024, 65536))
    settings.MAIL_CA_FILE = str(authority.ca_path)
    with FakeEws(authority) as ews:
        account = EwsAccount(ews, organization)
        yield account.box, account.connect().id


@pytest.mark.parametrize(
    ("connected", "odata_type"), [(over_graph, "#microsoft.graph.eventMessageRequest"), (over_ews, "eventMessage")]
)
def test_an_invitation_opens_a_ticket(
    connected: Callable[..., Any],
    odata_type: str,
    certificate_authority: CertificateAuthority,
    monkeypatch: pytest.MonkeyPatch,
    settings: Any,
    tmp_path: Any,
    fernhollow: Any,
) -> None:
    settings.MEDIA_ROOT = tmp_path / "files"
    with connected(fernhollow, certificate_authority, monkeypatch, settings) as (box, mailbox_id):
        box.deliver(INVITATION.read_bytes(), odata_type=odata_type)
        poll_now(mailbox_id, is_processed=True, wait_s=5)
    with organization_scope(fernhollow.id):
        assert RemoteMessage.objects.get().outcome == Outcome.CREATED
        assert Ticket.objects.count() == 1
        assert Attachment.objects.filter(filename__endswith=".ics").exists()
