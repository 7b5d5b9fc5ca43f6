"""The page of who may write tells which server checks a mailbox's mail, and one click believes it."""

from __future__ import annotations

from typing import Any

import pytest

from helpdesk.lib import files
from helpdesk.tenancy.scope import organization_scope
from tests.factories.incoming import make_mail, receive
from tests.factories.outgoing import make_mailbox
from tests.factories.proven import PROVEN, SERVER
from ticketing.queries.checking_servers import LOOKED_AT, SeenServer, checking_of
from ticketing.services.writer_policies import WriterInput, save_writers, stored_writers

pytestmark = [pytest.mark.django_db, pytest.mark.req("F112")]
PAGE = "/o/fernhollow/who-may-write/"
FORGED = [("Authentication-Results", "mx.evil.test; dmarc=pass")]


@pytest.fixture
def mailbox(fernhollow: Any) -> Any:
    """Its newest mails: four that its server checked, one that brought a header along, one without."""
    with organization_scope(fernhollow.id):
        made = make_mailbox()
        for headers in (PROVEN, PROVEN, PROVEN, [(PROVEN[0][0], f"{SERVER}; dmarc=none")], FORGED, []):
            receive(made, make_mail(headers=headers))
    return made


def test_it_tells_who_stood_on_top_and_offers_whom_it_would_be_wise_to_believe(
    mailbox: Any, fernhollow: Any, signed_in: Any, people: Any, django_assert_num_queries: Any
) -> None:
    with organization_scope(fernhollow.id), django_assert_num_queries(1):
        checking = checking_of(mailbox)
    assert checking is not None
    assert (checking.mails, checking.without) == (6, 1)
    assert checking.servers == (
        SeenServer(SERVER, mails=4, proves=3, is_usual=True),
        SeenServer("mx.evil.test", mails=1, proves=1, is_usual=False),
    )
    admin, page = signed_in(people.admin), f"{PAGE}{mailbox.pk}/"
    shown = admin.get(page).content.decode()
    assert f'name="server" value="{SERVER}"' in shown
    assert 'value="mx.evil.test"' not in shown
    assert "So From gives nobody rights" in shown
    assert f'href="{page}#proof"' in admin.get(f"{PAGE}all/").content.decode()
    assert admin.post(f"{page}servers/", {"server": "mx.evil.test"}).status_code == 302
    assert "do not show this server" in admin.get(page).content.decode()
    admin.post(f"{page}servers/", {"server": SERVER})
    now = admin.get(page).content.decode()
    assert "So From gives nobody rights" not in now
    assert f'name="server" value="{SERVER}"' not in now
    assert f'href="{page}#proof"' not in admin.get(f"{PAGE}all/").content.decode()
    with organization_scope(fernhollow.id):
        assert stored_writers(None).servers == (SERVER,)
        assert stored_writers(mailbox).follows


def test_where_others_are_on_another_server_the_mailbox_alone_believes_it(
    mailbox: Any, fernhollow: Any, signed_in: Any, people: Any
) -> None:
    with organization_scope(fernhollow.id):
        save_writers(None, WriterInput(guest="Visitor"))
        other = make_mailbox(address="sales@fernhollow.test")
        other.connection.host = "imap.elsewhere.test"
        other.connection.save()
        save_writers(mailbox, WriterInput(guest="Its own, once"))
        save_writers(mailbox, WriterInput(follows=True))
    signed_in(people.admin).post(f"{PAGE}{mailbox.pk}/servers/", {"server": SERVER})
    with organization_scope(fernhollow.id):
        own = stored_writers(mailbox)
        assert (own.follows, own.servers, own.guest, stored_writers(None).servers) == (False, (SERVER,), "Visitor", ())


def test_it_says_so_where_no_server_writes_results_and_where_the_mails_are_gone(
    fernhollow: Any, signed_in: Any, people: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with organization_scope(fernhollow.id):
        mailbox = make_mailbox()
        receive(mailbox, *[make_mail() for _ in range(2)])
    admin, page = signed_in(people.admin), f"{PAGE}{mailbox.pk}/"
    assert "No server has written the header" in admin.get(page).content.decode()

    def down(_key: str, *, most: int) -> bytes:
        raise files.StorageDown(OSError(5, "gone"))

    monkeypatch.setattr(files, "read", down)
    assert "No mail of this mailbox is kept yet" in admin.get(page).content.decode()
    assert LOOKED_AT <= 20
