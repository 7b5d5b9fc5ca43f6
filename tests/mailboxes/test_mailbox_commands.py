"""`add_mailbox` and `poll_mailbox` as scripts use them."""

from __future__ import annotations

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from helpdesk.lib import clock
from helpdesk.tenancy import drains, work
from helpdesk.tenancy.models import WorkKind
from helpdesk.tenancy.scope import organization_scope
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.models import Mailbox, Outcome, RawMessage, RawState, RemoteMessage
from tests.factories.mailboxes import PASSWORD
from tests.mailboxes.account import mail

pytestmark = [pytest.mark.django_db, pytest.mark.both]


@pytest.fixture
def arguments(fernhollow: Any, settings: Any, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    settings.MAIL_ALLOW_CLEARTEXT = False
    monkeypatch.setenv("MAIL_PASSWORD", PASSWORD)
    return [
        "--organization=fernhollow",
        "--name=Help",
        "--address=help@example.test",
        "--imap-host=imap.example.test",
        "--username=help",
        "--password-env=MAIL_PASSWORD",
    ]


def run(*arguments: Any) -> Any:
    output = StringIO()
    call_command(*map(str, arguments), stdout=output)
    return json.loads(output.getvalue())


def added(fernhollow: Any, mailbox_id: int) -> Mailbox:
    with organization_scope(fernhollow.id):
        return Mailbox.objects.select_related("connection", "outgoing").get(id=mailbox_id)


def test_a_mailbox_is_added_with_all_that_is_said_of_it(fake: Any, fernhollow: Any, arguments: list[str]) -> None:
    more = ["--smtp-host=smtp.example.test", "--after-import=move:Done", "--existing=closed", "--poll-interval=30"]
    more.append("--answers-only")
    mailbox = added(fernhollow, run("add_mailbox", *arguments, *more, "--start-date=2026-01-31", "--disabled")["id"])
    assert (mailbox.after_import, mailbox.after_import_folder, mailbox.existing_mail) == ("move", "Done", "closed")
    assert (mailbox.poll_interval_s, mailbox.is_enabled, mailbox.outgoing.host) == (30, False, "smtp.example.test")
    assert mailbox.start_at.isoformat() == "2026-01-31T00:00:00+00:00"
    assert mailbox.answers_only


def test_a_mailbox_is_added_with_what_is_usual_where_nothing_is_said(
    fake: Any, fernhollow: Any, arguments: list[str]
) -> None:
    mailbox = added(fernhollow, run("add_mailbox", *arguments)["id"])
    reading = mailbox.connection
    assert (reading.port, reading.security, mailbox.folder, mailbox.outgoing) == (993, "tls", "INBOX", None)
    assert (mailbox.existing_mail, mailbox.after_import, mailbox.is_enabled) == ("ignore", "leave", True)
    assert (mailbox.start_at, mailbox.poll_interval_s) == (None, None)


@pytest.mark.servers
@pytest.mark.req("S4.4", "S2.23")
def test_a_mailbox_read_over_pop3_is_added_and_looked_at(
    pop3_account: Any, fernhollow: Any, arguments: list[str]
) -> None:
    pop3_account.deliver(1)
    others = [argument for argument in arguments if not argument.startswith(("--imap-host", "--username"))]
    server = ["--pop3-host=localhost", f"--pop3-port={pop3_account.server.pop3s_port}", "--after-import=delete:2"]
    mailbox = added(fernhollow, run("add_mailbox", *others, *server, f"--username={pop3_account.user}")["id"])
    assert (mailbox.connection.kind, mailbox.connection.security, mailbox.folder) == ("pop3", "tls", "INBOX")
    pop3_account.mailbox_id = mailbox.id
    assert [outcome for _, outcome in pop3_account.outcomes()] == ["ignored"]


@pytest.mark.parametrize("both", [True, False])
def test_one_server_for_reading_is_named(arguments: list[str], both: bool) -> None:
    others = [argument for argument in arguments if not argument.startswith("--imap-host")]
    with pytest.raises(CommandError, match="--imap-host"):
        run("add_mailbox", *(arguments if both else others), *(["--pop3-host=pop.example.test"] if both else []))


def test_each_server_may_have_its_own_port_and_protection(fake: Any, fernhollow: Any, arguments: list[str]) -> None:
    reading = ["--imap-port=143", "--imap-security=starttls", "--folder=Support"]
    sending = ["--smtp-host=smtp.example.test", "--smtp-port=465", "--smtp-security=tls"]
    mailbox = added(fernhollow, run("add_mailbox", *arguments, *reading, *sending)["id"])
    server = mailbox.outgoing
    assert (mailbox.connection.port, mailbox.connection.security, mailbox.folder) == (143, "starttls", "Support")
    assert (server.host, server.port, server.security) == ("smtp.example.test", 465, "tls")


@pytest.mark.parametrize(
    ("said", "action", "folder", "days"),
    [
        ("leave", "leave", "", 0),
        ("seen", "seen", "", 0),
        ("move:Done/2026: old", "move", "Done/2026: old", 0),
        ("delete:0", "delete", "", 0),
        ("delete:30", "delete", "", 30),
    ],
)
def test_what_is_done_after_the_import_is_said_in_a_word(
    fake: Any, fernhollow: Any, arguments: list[str], said: str, action: str, folder: str, days: int
) -> None:
    mailbox = added(fernhollow, run("add_mailbox", *arguments, f"--after-import={said}")["id"])
    assert (mailbox.after_import, mailbox.after_import_folder, mailbox.after_import_days) == (action, folder, days)


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (["--organization=nobody"], "There is no organization 'nobody'."),
        (["--password-env=NOT_SET"], "The environment variable NOT_SET is empty or not set."),
        (["--after-import=move"], "'move' is none of leave, seen, move:FOLDER and delete:DAYS."),
        (["--after-import=delete:soon"], "'delete:soon' is none of leave, seen, move:FOLDER and delete:DAYS."),
        (["--start-date=soon"], "'soon' is not a date such as 2026-01-31 or 2026-01-31T08:00."),
        (["--address=nobody"], "This is not a mail address: nobody"),
        (["--imap-security=none"], "Connections without encryption are not allowed here. Choose TLS or STARTTLS."),
        (["--folder=a\nb"], "Line breaks cannot be part of an entry. Type it again."),
    ],
)
def test_what_is_wrong_is_one_clear_line(fake: Any, arguments: list[str], more: list[str], sentence: str) -> None:
    with pytest.raises(CommandError) as refused:
        run("add_mailbox", *arguments, *more)
    assert str(refused.value) == sentence


def test_a_poll_prints_its_counts(fake: Any) -> None:
    fake.connect(is_enabled=False)
    fake.source.put(mail(1))
    fake.source.put(mail(1))
    assert run("poll_mailbox", fake.mailbox_id) == {
        "listed": 2,
        "stored": 1,
        "processed": 0,
        "outcomes": {"duplicate": 1},
        "failed": 0,
        "errors": [],
    }


def decide(claim: work.Claim) -> None:
    """The mail becomes a ticket, as far as mailboxes can tell."""
    with organization_scope(claim.organization_id):
        RawMessage.objects.filter(id=claim.row_id).update(state=RawState.DONE)
        RemoteMessage.objects.filter(raw_id=claim.row_id).update(outcome=Outcome.CREATED)
        work.finish(claim)


@pytest.fixture
def decided(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is processed becomes a ticket."""
    monkeypatch.setattr(drains, "_drains", dict(drains._drains))
    drains.register(WorkKind.PROCESS, handler=decide, queue="inbound", lease_s=60.0)


def test_a_poll_with_process_counts_what_became_of_the_mail(fake: Any, decided: None) -> None:
    fake.connect()
    fake.source.put(mail(1))
    fake.source.put(mail(2))
    counts = run("poll_mailbox", fake.mailbox_id, "--process")
    assert (counts["processed"], counts["outcomes"]) == (2, {"created": 2})


def test_a_poll_with_process_waits_for_what_others_are_at(
    fake: Any, decided: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake.connect()
    fake.source.put(mail(1))
    run("poll_mailbox", fake.mailbox_id)
    fake.source.put(mail(2))
    held = work.claim_next(WorkKind.PROCESS, lease_s=60)
    assert held is not None
    monkeypatch.setattr(clock, "pause", lambda _seconds: decide(held))
    counts = run("poll_mailbox", fake.mailbox_id, "--process")
    assert (counts["processed"], counts["outcomes"]) == (1, {"created": 2})


def test_an_unknown_mailbox_is_said(db: None) -> None:
    with pytest.raises(CommandError, match=r"^There is no mailbox 999\.$"):
        run("poll_mailbox", 999)


def test_a_mailbox_that_cannot_be_polled_is_said_after_the_counts(fake: Any, capsys: Any) -> None:
    fake.connect()
    fake.source.trouble = ConnectorError(Reason.LOGIN_REFUSED, permanent=True, detail="no")
    output = StringIO()
    with pytest.raises(CommandError, match=r"could not be polled\. .* \(login_refused: no"):
        call_command("poll_mailbox", str(fake.mailbox_id), stdout=output)
    assert json.loads(output.getvalue())["errors"] == ["login_refused: no"]


def test_a_mailbox_that_others_poll_all_the_time_is_said(fake: Any) -> None:
    mailbox = fake.connect()
    claim = work.claim_row(
        WorkKind.POLL, organization_id=mailbox.organization_id, row_id=mailbox.id, lease_s=60, force=True
    )
    assert claim is not None
    with pytest.raises(CommandError, match="Another worker"):
        run("poll_mailbox", fake.mailbox_id, "--wait=0")
