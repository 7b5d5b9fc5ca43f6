"""A worker signs in to an Exchange server once for many polls, and anew when its credentials were changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from helpdesk.lib import clock
from helpdesk.tenancy import drains
from helpdesk.tenancy.models import WorkItem, WorkKind
from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import Mailbox
from mailboxes.services.reading import sessions
from mailboxes.services.reading.kept import KeptConnections
from mailboxes.services.setup.mailboxes import create_mailbox, update_mailbox
from tests.factories.mailboxes import mailbox_input
from tests.mailboxes.account import mail
from tests.mailboxes.ews import USER, EwsAccount, exchange_server
from tests.servers.certificates import CertificateAuthority

pytestmark = [pytest.mark.django_db, pytest.mark.both, pytest.mark.usefixtures("own_cache"), pytest.mark.req("F68")]
PASSWORDS = ("first word", "second word")


@pytest.fixture
def pool(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[KeptConnections]:
    """What this process keeps, empty; no thread tidies it."""
    settings.KEPT_CONNECTIONS = 10
    own = KeptConnections(is_tidied=False)
    monkeypatch.setattr(sessions, "KEPT", own)
    yield own
    own.leave_all()


@pytest.fixture
def account(
    certificate_authority: CertificateAuthority,
    settings: Any,
    tmp_path: Any,
    fernhollow: Any,
    monkeypatch: pytest.MonkeyPatch,
    pool: KeptConnections,
) -> Iterator[EwsAccount]:
    """FERN\\ann's mailbox at a server that takes NTLM alone."""
    settings.MEDIA_ROOT = tmp_path / "files"
    accounts = tmp_path / "accounts"
    accounts.write_text(f"FERN:ann:{PASSWORDS[0]}\n")
    monkeypatch.setenv("NTLM_USER_FILE", str(accounts))
    with exchange_server(certificate_authority, settings=settings) as ews:
        made = EwsAccount(ews, fernhollow)
        ews.offers, ews.rights["FERN\\ann"] = ["ntlm"], {USER}
        with organization_scope(fernhollow.id):
            incoming = replace(made.entered(username="FERN\\ann"), password=PASSWORDS[0])
            made.mailbox_id = create_mailbox(mailbox_input(incoming=incoming, address=USER)).id
        yield made


def poll(account: EwsAccount) -> Mailbox:
    """The mailbox was due, and a worker has had it."""
    items = WorkItem.objects.filter(kind=WorkKind.POLL, row_id=account.mailbox_id)
    items.update(due_at=clock.now(), set_at=clock.now())
    drains.drain_now(WorkKind.POLL, row_ids=[account.mailbox_id])
    return account.mailbox()


def handshakes(account: EwsAccount) -> int:
    """How often the server had somebody sign in."""
    return len(account.ews._ntlm)


def test_poll_after_poll_signs_in_once_and_misses_nothing(account: EwsAccount, pool: KeptConnections) -> None:
    for number in (1, 2, 3):
        account.put(number)
        assert poll(account).health == "reachable"
    assert (account.stored(), handshakes(account), len(pool)) == ([mail(1), mail(2), mail(3)], 1, 1)


def test_after_a_password_was_entered_anew_it_is_signed_in_with_that(
    account: EwsAccount, pool: KeptConnections, tmp_path: Any, django_capture_on_commit_callbacks: Any
) -> None:
    poll(account)
    (tmp_path / "accounts").write_text(f"FERN:ann:{PASSWORDS[1]}\n")
    incoming = replace(account.entered(username="FERN\\ann"), password=PASSWORDS[1])
    with organization_scope(account.organization.id), django_capture_on_commit_callbacks(execute=True):
        update_mailbox(account.mailbox(), mailbox_input(incoming=incoming, address=USER))
    pool.tidy()
    assert len(pool) == 0
    assert poll(account).health == "reachable"
    assert handshakes(account) == 2


def test_what_was_signed_in_with_another_password_is_not_used_even_if_nobody_heard_of_the_change(
    account: EwsAccount,
) -> None:
    poll(account)
    incoming = replace(account.entered(username="FERN\\ann"), password="a wrong word")
    with organization_scope(account.organization.id):
        update_mailbox(account.mailbox(), mailbox_input(incoming=incoming, address=USER))
    assert poll(account).error_reason == "login_refused"
