"""Making, changing, pausing and deleting mailboxes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from helpdesk.accounts.models import AuditEntry
from helpdesk.lib import clock
from helpdesk.tenancy import secrets, work
from helpdesk.tenancy.models import WorkItem, WorkKind
from helpdesk.tenancy.scope import organization_scope
from mailboxes.connectors.errors import ConnectorError
from mailboxes.models import AfterImportChoice, Connection, Mailbox, OutgoingServer, SecurityChoice
from mailboxes.services.sending.outgoing_servers import sender_of
from mailboxes.services.setup.form_config import plan_of
from mailboxes.services.setup.mailbox_checks import Refused
from mailboxes.services.setup.mailbox_inputs import MailboxInput, OutgoingInput
from mailboxes.services.setup.mailboxes import (
    ask_poll_now,
    create_mailbox,
    delete_mailbox,
    pause_mailbox,
    resume_mailbox,
    update_mailbox,
)
from tests.factories.mailboxes import PASSWORD, mailbox_input

pytestmark = [pytest.mark.django_db, pytest.mark.both]
SMTP = OutgoingInput(host="smtp.example.test", port=587, security=SecurityChoice.STARTTLS)


@pytest.fixture
def data(settings: Any) -> MailboxInput:
    settings.MAIL_ALLOW_CLEARTEXT = False
    return mailbox_input(outgoing=SMTP)


@pytest.fixture
def mailbox(in_fernhollow: Any, data: MailboxInput) -> Mailbox:
    return create_mailbox(data)


def poll_item(mailbox: Mailbox) -> WorkItem:
    return WorkItem.objects.get(kind=WorkKind.POLL, row_id=mailbox.id)


@pytest.mark.req("S1.38")
def test_a_new_mailbox_has_its_servers_a_sealed_password_and_a_poll_to_come(mailbox: Mailbox) -> None:
    assert mailbox.outgoing is not None
    assert mailbox.outgoing.login_of == mailbox.connection
    assert PASSWORD not in mailbox.connection.password_sealed
    assert secrets.open_for(mailbox.connection, "password_sealed") == PASSWORD
    assert poll_item(mailbox).due_at <= clock.in_seconds(6)


def test_no_secret_reaches_the_audit_trail_or_a_repr(mailbox: Mailbox, data: MailboxInput) -> None:
    update_mailbox(mailbox, replace(data, incoming=replace(data.incoming, password="another secret")))
    written = " ".join(str(entry.changes) for entry in AuditEntry.objects.all())
    assert "another secret" not in written
    assert PASSWORD not in written + repr(data)
    assert AuditEntry.objects.get(action="mailbox.changed").changes["password"] == ["changed", "changed"]


@pytest.mark.req("S2.20", "S5.9")
def test_an_address_is_taken_once_for_each_folder_until_it_is_deleted(mailbox: Mailbox, data: MailboxInput) -> None:
    again = replace(data, address=data.address.upper())
    with pytest.raises(Refused) as refused:
        create_mailbox(again)
    assert refused.value.code == "address_taken"
    create_mailbox(replace(again, folder="Other"))
    delete_mailbox(mailbox)
    create_mailbox(again)


def test_another_organization_may_have_the_same_address(mailbox: Mailbox, data: MailboxInput, otherco: Any) -> None:
    with organization_scope(otherco.id):
        assert create_mailbox(data).address == mailbox.address


@pytest.mark.parametrize("character", ["\r", "\n", "\0"])
@pytest.mark.parametrize("field", ["name", "folder", "after_import_folder", "from_name", "address"])
def test_control_characters_are_refused(in_fernhollow: Any, data: MailboxInput, field: str, character: str) -> None:
    with pytest.raises(Refused):
        create_mailbox(replace(data, **{field: f"a{character}b"}))
    assert not Connection.objects.exists()


@pytest.mark.parametrize("field", ["host", "username", "password"])
def test_control_characters_are_refused_in_the_log_in(in_fernhollow: Any, data: MailboxInput, field: str) -> None:
    with pytest.raises(Refused):
        create_mailbox(replace(data, incoming=replace(data.incoming, **{field: "a\nb"})))


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"name": " "}, "name"),
        ({"address": "nobody"}, "address"),
        ({"aliases": ("a@example.test", "b")}, "address"),
        ({"folder": ""}, "folder"),
        ({"poll_interval_s": 5}, "poll_interval_s"),
        ({"after_import": AfterImportChoice.MOVE}, "after_import_folder"),
        ({"after_import": AfterImportChoice.MOVE, "after_import_folder": "INBOX"}, "after_import_folder"),
        ({"after_import_days": -1}, "numbers"),
        ({"outgoing": replace(SMTP, port=0)}, "port"),
        ({"outgoing": replace(SMTP, security=SecurityChoice.NONE)}, "cleartext"),
    ],
)
def test_what_cannot_be_is_refused(in_fernhollow: Any, data: MailboxInput, changes: dict[str, Any], code: str) -> None:
    with pytest.raises(Refused) as refused:
        create_mailbox(replace(data, **changes))
    assert refused.value.code == code


def test_clear_text_needs_the_operators_leave(in_fernhollow: Any, data: MailboxInput, settings: Any) -> None:
    settings.MAIL_ALLOW_CLEARTEXT = True
    create_mailbox(replace(data, incoming=replace(data.incoming, security=SecurityChoice.NONE, port=143)))


@pytest.mark.parametrize(
    "changes", [{"host": "other.example.test"}, {"port": 143}, {"security": SecurityChoice.STARTTLS}, {"username": "x"}]
)
def test_a_stored_password_is_never_sent_elsewhere(
    mailbox: Mailbox, data: MailboxInput, changes: dict[str, Any]
) -> None:
    incoming = replace(data.incoming, password="", **changes)
    update_mailbox(mailbox, replace(data, incoming=incoming))
    assert mailbox.connection.password_sealed == ""


ELSEWHERE = [{"host": "other.example.test"}, {"port": 465}, {"security": SecurityChoice.TLS}]
OWN = replace(SMTP, account=("sender", "sending secret"))


def kept(data: MailboxInput, outgoing: OutgoingInput) -> MailboxInput:
    """What a caller gives who leaves every password empty."""
    account = outgoing.account and (outgoing.account[0], "")
    return replace(data, incoming=replace(data.incoming, password=""), outgoing=replace(outgoing, account=account))


def sending_password(mailbox: Mailbox) -> str:
    """The password that would be used for sending; "" if the server asks for one in vain."""
    assert mailbox.outgoing is not None
    try:
        config: Any = sender_of(mailbox.outgoing)
    except ConnectorError:
        return ""
    return str(config.config.login.password)


@pytest.mark.parametrize("changes", ELSEWHERE)
def test_a_password_for_reading_is_not_lent_to_another_server_for_sending(
    mailbox: Mailbox, data: MailboxInput, changes: dict[str, Any]
) -> None:
    update_mailbox(mailbox, kept(data, replace(SMTP, **changes)))
    assert sending_password(mailbox) == ""
    assert secrets.open_for(mailbox.connection, "password_sealed") == PASSWORD


def test_a_password_for_reading_is_not_lent_to_a_server_that_had_a_log_in_of_its_own(
    in_fernhollow: Any, data: MailboxInput
) -> None:
    mailbox = create_mailbox(replace(data, outgoing=OWN))
    update_mailbox(mailbox, kept(data, SMTP))
    assert sending_password(mailbox) == ""


def test_a_password_for_reading_is_not_lent_to_a_first_server_for_sending(
    in_fernhollow: Any, data: MailboxInput
) -> None:
    mailbox = create_mailbox(replace(data, outgoing=None))
    update_mailbox(mailbox, kept(data, SMTP))
    assert sending_password(mailbox) == ""


@pytest.mark.parametrize("changes", [*ELSEWHERE, {"account": ("other", "")}])
def test_a_password_for_sending_is_never_sent_elsewhere(
    in_fernhollow: Any, data: MailboxInput, changes: dict[str, Any]
) -> None:
    mailbox = create_mailbox(replace(data, outgoing=OWN))
    update_mailbox(mailbox, kept(data, replace(OWN, **changes)))
    assert mailbox.outgoing is not None
    assert (mailbox.outgoing.password_sealed, sending_password(mailbox)) == ("", "")


@pytest.mark.parametrize(("outgoing", "password"), [(SMTP, PASSWORD), (OWN, "sending secret")])
@pytest.mark.parametrize("is_default", [False, True])
def test_a_change_of_anything_else_keeps_the_password_for_sending(
    in_fernhollow: Any, data: MailboxInput, outgoing: OutgoingInput, password: str, is_default: bool
) -> None:
    mailbox = create_mailbox(replace(data, outgoing=outgoing))
    OutgoingServer.objects.update(is_default=is_default)
    update_mailbox(mailbox, kept(replace(data, name="Other name"), outgoing))
    assert sending_password(mailbox) == password


def test_the_test_takes_no_stored_password_elsewhere(mailbox: Mailbox, data: MailboxInput) -> None:
    elsewhere = replace(SMTP, host="other.example.test")
    with pytest.raises(ConnectorError, match="password"):
        plan_of(kept(data, elsewhere), mailbox=mailbox)
    assert plan_of(kept(data, SMTP), mailbox=mailbox).steps[-1].run is not None


def test_a_change_of_anything_else_keeps_the_password(mailbox: Mailbox, data: MailboxInput) -> None:
    update_mailbox(mailbox, replace(data, name="Other name", incoming=replace(data.incoming, password="")))
    assert secrets.open_for(mailbox.connection, "password_sealed") == PASSWORD
    assert mailbox.source_generation == 1


@pytest.mark.parametrize("changes", [{"host": "other.example.test"}, {"username": "x"}])
@pytest.mark.req("F41")
def test_another_account_is_another_source(mailbox: Mailbox, data: MailboxInput, changes: dict[str, Any]) -> None:
    Mailbox.objects.update(cursor=7, epoch="7", fingerprint="7", is_history_settled=True)
    update_mailbox(mailbox, replace(data, incoming=replace(data.incoming, **changes)))
    state = (mailbox.source_generation, mailbox.cursor, mailbox.epoch, mailbox.fingerprint, mailbox.is_history_settled)
    assert state == (2, 0, "", "", False)


def test_another_folder_is_another_source_of_this_mailbox_alone(mailbox: Mailbox, data: MailboxInput) -> None:
    other = create_mailbox(mailbox_input())
    Mailbox.objects.filter(id=other.id).update(connection=mailbox.connection)
    update_mailbox(mailbox, replace(data, folder="Other"))
    assert list(Mailbox.objects.order_by("id").values_list("source_generation", flat=True)) == [2, 1]


@pytest.mark.req("F71")
def test_a_pause_takes_the_lease_away_and_ends_when_resumed(mailbox: Mailbox) -> None:
    claim = work.claim_row(
        WorkKind.POLL, organization_id=mailbox.organization_id, row_id=mailbox.id, lease_s=60, force=True
    )
    assert claim is not None
    pause_mailbox(mailbox)
    with pytest.raises(work.LeaseLost):
        work.still_ours(claim)
    ask_poll_now(mailbox)
    assert poll_item(mailbox).due_at.year > clock.now().year + 50
    resume_mailbox(mailbox)
    assert poll_item(mailbox).due_at <= clock.now()


def test_a_deleted_mailbox_is_never_polled_and_forgets_its_passwords(mailbox: Mailbox) -> None:
    delete_mailbox(mailbox)
    mailbox.connection.refresh_from_db()
    assert mailbox.connection.password_sealed == ""
    assert not WorkItem.objects.filter(kind=WorkKind.POLL).exists()


def test_a_password_that_another_mailbox_needs_is_kept(mailbox: Mailbox) -> None:
    other = create_mailbox(mailbox_input())
    Mailbox.objects.filter(id=other.id).update(connection=mailbox.connection)
    delete_mailbox(mailbox)
    mailbox.connection.refresh_from_db()
    assert mailbox.connection.password_sealed
