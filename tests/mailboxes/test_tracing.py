"""Recording a mailbox: off by default, for an hour, bounded, sealed, gone after a week; polls and deliveries tell."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from helpdesk.accounts.models import AuditEntry
from helpdesk.lib import clock
from helpdesk.tenancy import drains
from helpdesk.tenancy.models import WorkItem, WorkKind
from helpdesk.tenancy.scope import organization_scope
from mailboxes.diagnosis.connection_test import run_connection_test
from mailboxes.models import ProtocolTrace, SecurityChoice, TracePiece
from mailboxes.queries.protocol_trace import as_text, trace_lines, trace_of
from mailboxes.services.liveness import tracing
from mailboxes.services.liveness.tracing import KEPT, LASTS, recorder_of, start_trace, stop_trace
from mailboxes.services.setup.connections import server_login, source_of
from mailboxes.services.setup.form_config import plan_of
from mailboxes.services.setup.mailbox_inputs import OutgoingInput
from mailboxes.services.setup.mailboxes import create_mailbox
from tests.factories.mailboxes import PASSWORD, make_mailbox
from tests.mailboxes.ews import exchange_online
from tests.mailboxes.graph import microsoft_cloud
from tests.servers.certificates import CertificateAuthority

pytestmark = [pytest.mark.django_db, pytest.mark.req("S5.29")]
ADDRESS = "support@fernhollow.example"


@pytest.fixture
def mailbox(people: Any) -> Any:
    return make_mailbox(people.admin.organization)


@pytest.fixture
def scope(people: Any) -> Any:
    with organization_scope(people.admin.organization_id):
        yield people.admin


def _texts(trace: ProtocolTrace) -> list[str]:
    return [line.text for line in trace_lines(trace)]


@pytest.mark.both
def test_lines_are_kept_sealed_and_read_again_in_order(mailbox: Any, scope: Any) -> None:
    trace = start_trace(mailbox, actor=scope)
    recorder = recorder_of(mailbox)
    assert recorder is not None
    recorder.line("a1b2", ">", "a1 NOOP")
    recorder.line("a1b2", "<", "a1 OK")
    assert not TracePiece.objects.exists()
    recorder.flush()
    [piece] = TracePiece.objects.all()
    assert "NOOP" not in piece.lines_sealed
    assert _texts(trace) == ["a1 NOOP", "a1 OK"]
    assert as_text(trace_lines(trace)).splitlines()[0].endswith(" a1b2 > a1 NOOP")
    assert AuditEntry.objects.get(action="mailbox.trace_started").actor == scope


@pytest.mark.servers
def test_a_poll_of_a_recorded_mailbox_is_in_it_and_the_password_is_not(account: Any, people: Any) -> None:
    account.deliver(1)
    mailbox = account.connect()
    account.poll()
    with organization_scope(mailbox.organization_id):
        assert trace_of(mailbox) is None
        trace = start_trace(mailbox, actor=people.admin)
    account.poll()
    with organization_scope(mailbox.organization_id):
        told = "\n".join(_texts(trace))
    assert f'LOGIN "{account.user}" ***' in told
    assert "EXAMINE" in told
    assert PASSWORD not in told


@pytest.mark.servers
def test_a_connection_test_of_a_recorded_mailbox_is_in_it(account: Any, smtp_server: Any, people: Any) -> None:
    mailbox = account.connect()
    smtp_server.behave(users={account.user: PASSWORD})
    outgoing = OutgoingInput("localhost", smtp_server.tls_port, SecurityChoice.TLS)
    with organization_scope(mailbox.organization_id):
        trace = start_trace(mailbox, actor=people.admin)
        plan = plan_of(account.entered(outgoing=outgoing), mailbox=mailbox)
    list(run_connection_test(plan))
    with organization_scope(mailbox.organization_id):
        told = "\n".join(_texts(trace))
    assert f'LOGIN "{account.user}" ***' in told
    assert "MAIL FROM" in told
    assert PASSWORD not in told


@pytest.mark.both
@pytest.mark.parametrize(("cloud", "said"), [(microsoft_cloud, "/v1.0/"), (exchange_online, "/EWS/")])
def test_so_is_the_test_of_an_app(
    cloud: Any,
    said: str,
    certificate_authority: CertificateAuthority,
    monkeypatch: pytest.MonkeyPatch,
    settings: Any,
    scope: Any,
) -> None:
    with cloud(certificate_authority, monkeypatch=monkeypatch, settings=settings) as online:
        (online.graph if cloud is microsoft_cloud else online.ews).mailbox(ADDRESS)
        mailbox = create_mailbox(online.entered(ADDRESS))
        trace = start_trace(mailbox, actor=scope)
        list(run_connection_test(plan_of(online.entered(ADDRESS, app=online.app(client_secret="")), mailbox=mailbox)))
        told = "\n".join(_texts(trace))
        assert said in told
        assert online.secret not in told


@pytest.mark.servers
def test_it_ends_by_itself_even_if_nothing_runs(account: Any, people: Any) -> None:
    mailbox = account.connect()
    with organization_scope(mailbox.organization_id):
        trace = start_trace(mailbox, actor=people.admin)
    with clock.held_at(clock.now() + LASTS + timedelta(seconds=1)):
        account.poll()
        with organization_scope(mailbox.organization_id):
            state = trace_of(mailbox)
            assert state is not None
            assert not state.is_running
            assert _texts(trace) == []
            assert recorder_of(account.mailbox()) is None


def test_a_connection_that_outlives_the_hour_tells_nothing_more(mailbox: Any, scope: Any) -> None:
    trace = start_trace(mailbox, actor=scope)
    recorder = recorder_of(mailbox)
    assert recorder is not None
    with clock.held_at(trace.until_at):
        recorder.line("a1b2", "<", "* 4 EXISTS")
        recorder.flush()
    assert _texts(trace) == []


def test_whoever_stops_it_stops_it(mailbox: Any, scope: Any) -> None:
    start_trace(mailbox, actor=scope)
    stop_trace(mailbox, actor=scope)
    assert recorder_of(mailbox) is None
    assert AuditEntry.objects.filter(action="mailbox.trace_stopped").count() == 1


def test_recording_again_takes_the_place_of_the_record(mailbox: Any, scope: Any) -> None:
    start_trace(mailbox, actor=scope)
    second = start_trace(mailbox, actor=scope)
    assert list(ProtocolTrace.objects.all()) == [second]
    assert WorkItem.objects.filter(kind=WorkKind.END_TRACE).count() == 1


@pytest.mark.both
def test_the_sweep_removes_it_after_a_week(mailbox: Any, people: Any) -> None:
    with organization_scope(mailbox.organization_id):
        start_trace(mailbox, actor=people.admin)
    with clock.held_at(clock.now() + LASTS + KEPT - timedelta(minutes=1)):
        drains.drain_now(WorkKind.END_TRACE)
    with organization_scope(mailbox.organization_id):
        assert ProtocolTrace.objects.exists()
    with clock.held_at(clock.now() + LASTS + KEPT + timedelta(minutes=1)):
        drains.drain_now(WorkKind.END_TRACE)
    with organization_scope(mailbox.organization_id):
        assert not ProtocolTrace.objects.exists()
        assert not WorkItem.objects.filter(kind=WorkKind.END_TRACE).exists()


def test_it_stops_growing_where_it_is_full(mailbox: Any, scope: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracing, "MAX_LINES", 5)
    trace = start_trace(mailbox, actor=scope)
    recorder = recorder_of(mailbox)
    assert recorder is not None
    for number in range(3):
        recorder.line("a1b2", "<", f"line {number}")
    recorder.flush()
    for number in range(3):
        recorder.line("a1b2", "<", f"late {number}")
    recorder.flush()
    trace.refresh_from_db()
    assert _texts(trace) == ["line 0", "line 1", "line 2"]
    assert trace.is_cut
    assert recorder_of(mailbox) is None


@pytest.mark.servers
def test_a_delivery_for_a_recorded_mailbox_is_in_it(
    mail_settings: Any, smtp_server: Any, fernhollow: Any, people: Any
) -> None:
    from tests.factories.outgoing import make_outgoing_server, queue_mail

    mail_settings.MAIL_ALLOW_CLEARTEXT = True
    with organization_scope(fernhollow.id):
        server = make_outgoing_server(smtp_server.port)
        mailbox = make_mailbox(fernhollow)
        type(mailbox).objects.filter(pk=mailbox.pk).update(outgoing=server)
        mailbox.refresh_from_db()
        trace = start_trace(mailbox, actor=people.admin)
        outbox = queue_mail(server)
        type(outbox).objects.filter(pk=outbox.pk).update(mailbox=mailbox)
    drains.drain_now(WorkKind.DELIVER)
    with organization_scope(fernhollow.id):
        told = "\n".join(_texts(trace))
    assert "MAIL FROM:<support@fernhollow.test>" in told
    assert "[message, " in told


def test_another_mailbox_is_not_recorded(mailbox: Any, scope: Any) -> None:
    start_trace(mailbox, actor=scope)
    other = make_mailbox(scope.organization)
    assert recorder_of(other) is None
    assert source_of(other).config.login.recorder is None  # type: ignore[attr-defined]  # of IMAP
    assert server_login(mailbox.connection).recorder is None
