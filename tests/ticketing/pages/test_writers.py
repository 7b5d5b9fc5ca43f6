"""The pages of who may write: they show and save the choices, say what is wrong, and the log leads to them."""

from __future__ import annotations

from typing import Any

import pytest

from helpdesk.tenancy.scope import organization_scope
from tests.access_writers import WRITERS_DATA
from tests.accounts.counting import queries_of
from tests.factories.incoming import make_mail, receive
from tests.factories.outgoing import make_mailbox
from ticketing.models import Openers
from ticketing.services.writer_policies import WriterInput, save_writers, stored_writers

pytestmark = pytest.mark.django_db

PAGE = "/o/fernhollow/who-may-write/"


@pytest.mark.req("S5.59", "S5.84")
def test_what_is_chosen_is_saved_and_shown(fernhollow: Any, signed_in: Any, people: Any) -> None:
    with organization_scope(fernhollow.id):
        mailbox = make_mailbox()
    admin, page = signed_in(people.admin), f"{PAGE}{mailbox.pk}/"
    assert 'name="follows" value="yes"' in admin.get(page).content.decode()
    chosen = WRITERS_DATA | {
        "follows": "no",
        "openers": "listed",
        "domains": "A.test; *.b.test, c.test\nd.test;a.test",
        "opening_refused": "discard",
        "servers": "MX1; mx.our.test",
        "forward_to": "boss@elsewhere.test",
    }
    assert admin.post(page, chosen).status_code == 302
    with organization_scope(fernhollow.id):
        now = stored_writers(mailbox)
    assert (now.follows, now.openers, now.domains) == (
        False,
        Openers.LISTED,
        ("a.test", "*.b.test", "c.test", "d.test"),
    )
    assert (now.forward_to, now.servers) == ("boss@elsewhere.test", ("mx1", "mx.our.test"))
    shown = admin.get(page).content.decode()
    assert "a.test\n*.b.test\nc.test\nd.test</textarea>" in shown
    assert "Only these" in admin.get(PAGE).content.decode()


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"openers": "listed"}, "Say who may open tickets"),
        ({"domains": "anna@x.test; fine.test"}, "is no domain"),
        ({"servers": "mx.our.test; my server!"}, "is no name of a server"),
        ({"opening_strangers": "guest"}, "Name the guest contact"),
        ({"forward_to": "nobody"}, "valid email"),
        ({"openers": "everybody"}, "valid choice"),
        ({"version": "7"}, "Somebody else changed"),
    ],
)
def test_what_cannot_be_is_said_and_not_saved(
    fernhollow: Any, signed_in: Any, people: Any, wrong: dict[str, str], words: str
) -> None:
    answer = signed_in(people.admin).post(f"{PAGE}all/", WRITERS_DATA | {"updaters": "nobody"} | wrong)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    with organization_scope(fernhollow.id):
        assert stored_writers(None) == WriterInput(version=0)


@pytest.mark.parametrize("is_own", [False, True])
def test_the_log_leads_from_the_reason_to_the_setting_that_decided(
    fernhollow: Any, signed_in: Any, people: Any, is_own: bool
) -> None:
    with organization_scope(fernhollow.id):
        mailbox = make_mailbox()
        save_writers(mailbox if is_own else None, WriterInput(openers=Openers.NOBODY))
        [seen] = receive(mailbox, make_mail())
    page = signed_in(people.admin).get(f"/o/fernhollow/inbound-log/{seen.pk}/").content.decode()
    assert f'href="{PAGE}{mailbox.pk if is_own else "all"}/#opening"' in page
    assert "Its sender may open no tickets" in page


def test_the_list_costs_the_same_for_many_mailboxes(fernhollow: Any, signed_in: Any, people: Any) -> None:
    admin = signed_in(people.admin)
    few = queries_of(admin, PAGE)
    with organization_scope(fernhollow.id):
        for _ in range(3):
            save_writers(make_mailbox(), WriterInput(openers=Openers.NOBODY))
    assert queries_of(admin, PAGE) == few
