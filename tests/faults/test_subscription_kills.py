"""Subscribing to change notifications in processes that die: one subscription is left at Microsoft, and it is known."""

from __future__ import annotations

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest

from tests.fakes.graph import READ, READ_WRITE, SEND, TOKEN, FakeGraph
from tests.faults.harness import Installation

pytestmark = [pytest.mark.servers, pytest.mark.both]
PUBLIC = "https://desk.example"

PREPARE = """
from django.conf import settings
from helpdesk.accounts.models import Organization
from helpdesk.tenancy import work
from helpdesk.tenancy.models import WorkItem, WorkKind
from helpdesk.tenancy.scope import organization_scope
from mailboxes.connectors.oauth.clouds import CLOUDS
from mailboxes.models import GraphSubscription, Mailbox
from mailboxes.services.liveness import real_time, subscribing
from mailboxes.services.oauth import graph_configs
from tests.connectors.graph_worlds import FixedToken, cloud_at
from tests.mailboxes.graph import make_graph_mailbox, make_registration
settings.MAIL_ALLOWED_PORTS = frozenset([{port}])
settings.MAIL_CA_FILE = {ca_path!r}
settings.PUBLIC_URL = "{public}"
CLOUDS["global"] = cloud_at("localhost:{port}")
graph_configs.tokens_of = lambda _connection: FixedToken()
organization = Organization.objects.get(slug="fernhollow")
"""
MAKE = """
with organization_scope(organization.id):
    mailbox = make_graph_mailbox(make_registration(), user="{user}", is_real_time=True)
    real_time.follow(mailbox)
print(mailbox.id)
"""
WORK = """
WorkItem.objects.filter(kind=WorkKind.SUBSCRIBE, row_id={mailbox_id}).update(leased_until=None)
claim = work.claim_row(
    WorkKind.SUBSCRIBE, organization_id=organization.id, row_id={mailbox_id}, lease_s=60, force=True
)
subscribing.handle(claim)
with organization_scope(organization.id):
    row = GraphSubscription.objects.get(mailbox_id={mailbox_id})
    print(row.remote_id, row.is_creating, Mailbox.objects.get(id={mailbox_id}).real_time)
"""


class _Callee(BaseHTTPRequestHandler):
    """Our web service as far as the handshake goes."""

    def do_POST(self) -> None:  # the library's name
        token = parse_qs(urlsplit(self.path).query)["validationToken"][0].encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(token)))
        self.end_headers()
        self.wfile.write(token)

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def graph(certificate_authority: Any) -> Iterator[FakeGraph]:
    """The fake, which reaches our web service."""
    callee = ThreadingHTTPServer(("127.0.0.1", 0), _Callee)
    thread = Thread(target=callee.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    with FakeGraph(certificate_authority) as running:
        running.tokens[TOKEN] = frozenset({READ_WRITE, SEND, READ})
        running.subscriptions.reach = {PUBLIC: f"http://127.0.0.1:{callee.server_address[1]}"}
        yield running
    callee.shutdown()
    thread.join()
    callee.server_close()


@pytest.mark.req("S4.35")
@pytest.mark.parametrize(("plan", "left"), [("subscriptions.asking:kill", 0), ("subscriptions.answered:kill", 1)])
def test_killed_around_the_request_one_subscription_is_left_and_known(
    installation: Installation, graph: FakeGraph, plan: str, left: int
) -> None:
    user = f"{uuid4().hex}@fernhollow.test"
    graph.mailbox(user)
    prepare = PREPARE.format(port=graph.port, ca_path=str(graph.authority.ca_path), public=PUBLIC)
    mailbox_id = installation.script(prepare + MAKE.format(user=user)).strip()
    work = prepare + WORK.format(mailbox_id=mailbox_id)
    assert installation.start_script(work, fault=plan).wait().was_killed
    strays = graph.subscriptions.alive
    columns = "SELECT remote_id, is_creating FROM mailboxes_graphsubscription WHERE mailbox_id = %s"
    [(remote_id, is_creating)] = installation.rows(columns, int(mailbox_id))
    assert (len(strays), remote_id, bool(is_creating)) == (left, "", True)
    said = installation.script(work).split()
    [made] = graph.subscriptions.alive
    assert said == [made.id, "False", "live"]
    assert made not in strays
