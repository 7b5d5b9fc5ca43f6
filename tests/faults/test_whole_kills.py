"""A worker is killed at each step of fetching a large message whole; the ticket's message is completed once."""

from __future__ import annotations

import json
from itertools import count
from typing import Any

import pytest

from tests.faults.harness import PASSWORD, SLUG, Installation
from tests.faults.intake import start_processing

pytestmark = [pytest.mark.servers, pytest.mark.both, pytest.mark.req("F25", "F32", "F34")]
_users = count(1)
TEXT = b"The whole of it. " * 5000
FETCHING = [
    "whole.counted:kill",
    "whole.fetched:kill",
    "files.written:kill",
    "whole.files_durable:kill",
    "whole.in_store:kill",
    "whole.after_store:kill",
]
COMPLETING = ["intake.parsed:kill", "intake.written:kill", "intake.committed:kill"]
ASK = """
from helpdesk.accounts.models import Membership, Organization
from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import RawMessage
from mailboxes.services.reading.whole_requests import ask_for_whole
from tests.factories.people import make_member

organization = Organization.objects.get(slug={slug!r})
actor = Membership.objects.filter(organization=organization).first() or make_member(organization)
with organization_scope(organization.id):
    print(ask_for_whole(RawMessage.objects.get(mailbox_id={mailbox_id}, is_header_only=True), actor=actor))
"""


@pytest.fixture
def user(dovecot: Any) -> str:
    """A user with one large mail."""
    name = f"whole{next(_users)}"
    dovecot.add_user(name, PASSWORD)
    dovecot.deliver(name, large_mail(name))
    return name


@pytest.fixture
def placeholder(installation: Installation, dovecot: Any, user: str) -> int:
    """A mailbox with one ticket, made from the headers of a mail above its limit."""
    mailbox_id = installation.add_mailbox(user, "--existing", "open", port=dovecot.imaps_port)
    # Enabled, but due in a hundred years: only the test polls it.
    set_columns(installation, mailbox_id, "max_message_bytes=1000, is_enabled=True")
    installation.poll(mailbox_id, "--process")
    return mailbox_id


def large_mail(user: str) -> bytes:
    head = f"From: a@example.org\r\nSubject: Large\r\nMessage-ID: <{user}@example.org>\r\n\r\n"
    return head.encode() + TEXT


def set_columns(installation: Installation, mailbox_id: int, values: str) -> None:
    installation.script(
        "from helpdesk.accounts.models import Organization\n"
        "from helpdesk.tenancy.scope import organization_scope\n"
        "from mailboxes.models import Mailbox\n"
        f"with organization_scope(Organization.objects.get(slug={SLUG!r}).id):\n"
        f"    Mailbox.objects.filter(id={mailbox_id}).update({values})"
    )


def ask(installation: Installation, mailbox_id: int) -> None:
    installation.script(ASK.format(slug=SLUG, mailbox_id=mailbox_id))


def assert_completed_once(
    installation: Installation, mailbox_id: int, *, verdicts: tuple[tuple[str, str], ...] = (("created", "completed"),)
) -> None:
    """The mailbox has one message, which is whole, one entry of it in the history, and no work left."""
    messages = installation.rows(
        "SELECT m.id, m.text, r.is_header_only FROM ticketing_message m JOIN mailboxes_rawmessage r ON r.id = m.raw_id"
        " WHERE r.mailbox_id = %s",
        mailbox_id,
    )
    assert [(text.strip(), bool(is_head)) for _, text, is_head in messages] == [(TEXT.decode().strip(), False)]
    events = installation.rows(
        "SELECT count(*) FROM ticketing_ticketevent WHERE kind = 'message_completed' AND message_id = %s",
        messages[0][0],
    )
    sightings = installation.rows(
        "SELECT outcome, reason_code FROM mailboxes_remotemessage WHERE mailbox_id = %s ORDER BY id", mailbox_id
    )
    raws = installation.rows("SELECT count(*) FROM mailboxes_rawmessage WHERE mailbox_id = %s", mailbox_id)
    states = installation.rows("SELECT state FROM mailboxes_wholefetch WHERE mailbox_id = %s", mailbox_id)
    files = installation.rows("SELECT count(*) FROM ticketing_attachment WHERE message_id = %s", messages[0][0])
    assert (events, sightings, raws) == ([(1,)], list(verdicts), [(2,)])
    assert (states, files) == ([("done",)], [(0,)])


@pytest.mark.parametrize("point", FETCHING)
def test_killed_while_fetching_it_ends_complete(installation: Installation, placeholder: int, point: str) -> None:
    ask(installation, placeholder)
    assert installation.manage("poll_mailbox", placeholder, fault=point).was_killed
    installation.poll(placeholder, "--process")
    installation.poll(placeholder)
    assert_completed_once(installation, placeholder)


@pytest.mark.parametrize("point", COMPLETING)
def test_killed_while_completing_it_ends_complete(installation: Installation, placeholder: int, point: str) -> None:
    ask(installation, placeholder)
    installation.poll(placeholder)
    assert start_processing(installation, placeholder, fault=point).wait().was_killed
    assert start_processing(installation, placeholder).wait().code == 0
    installation.poll(placeholder)
    assert_completed_once(installation, placeholder)


@pytest.mark.req("F39")
@pytest.mark.parametrize("point", COMPLETING)
def test_killed_while_it_completes_by_coming_again_it_ends_complete(
    installation: Installation, placeholder: int, dovecot: Any, user: str, point: str
) -> None:
    set_columns(installation, placeholder, "max_message_bytes=10_000_000")
    dovecot.deliver(user, large_mail(user))
    installation.poll(placeholder)
    assert start_processing(installation, placeholder, fault=point).wait().was_killed
    assert start_processing(installation, placeholder).wait().code == 0
    installation.poll(placeholder)
    verdicts = (("created", "history"), ("duplicate", "completed"))
    assert_completed_once(installation, placeholder, verdicts=verdicts)


def test_killed_while_tidying_it_ends_complete(installation: Installation, placeholder: int) -> None:
    ask(installation, placeholder)
    installation.poll(placeholder, "--process")
    assert installation.manage("poll_mailbox", placeholder, fault="whole.tidied:kill").was_killed
    installation.poll(placeholder)
    assert_completed_once(installation, placeholder)


@pytest.mark.req("F31")
def test_stopped_past_its_lease_it_changes_nothing_when_it_goes_on(
    installation: Installation, placeholder: int
) -> None:
    ask(installation, placeholder)
    stopped = installation.start("poll_mailbox", placeholder, fault="whole.files_durable:stop")
    stopped.wait_until_stopped()
    installation.poll(placeholder, "--process")
    stopped.go_on()
    installation.poll(placeholder, "--process")
    assert_completed_once(installation, placeholder)


def test_of_two_who_ask_at_once_one_is_the_second(installation: Installation, placeholder: int) -> None:
    code = ASK.format(slug=SLUG, mailbox_id=placeholder)
    ended = [running.wait() for running in [installation.start_script(code) for _ in range(4)]]
    assert sorted(json.loads(each.output.lower()) for each in ended) == [False, False, False, True]
    audited = installation.rows(
        "SELECT count(*) FROM accounts_auditentry a JOIN mailboxes_wholefetch w ON a.target_id = CAST(w.raw_id AS text)"
        " WHERE a.action = 'mail.whole_requested' AND w.mailbox_id = %s",
        placeholder,
    )
    assert audited == [(1,)]
