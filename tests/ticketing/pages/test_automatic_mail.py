"""The page of automatic mail: it shows and saves the choices, and the log leads to it."""

from __future__ import annotations

from typing import Any

import pytest

from helpdesk.tenancy.scope import organization_scope
from tests.access_filters import AUTOMATIC_DATA
from tests.factories.incoming import make_mail, receive
from tests.factories.outgoing import make_mailbox
from ticketing.models import AutomaticClass, NewMail, OnTicket
from ticketing.services.automatic_mail import automatic_rules

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.req("S2.8")]

PAGE = "/o/fernhollow/automatic-mail/"


def test_what_is_chosen_is_saved_and_shown(fernhollow: Any, signed_in: Any, people: Any) -> None:
    admin = signed_in(people.admin)
    chosen = AUTOMATIC_DATA | {"vacation_new": "ticket", "vacation_on_ticket": "note"}
    assert admin.post(PAGE, chosen).status_code == 302
    with organization_scope(fernhollow.id):
        rules = automatic_rules().rules
    vacation, of_list = rules[AutomaticClass.VACATION], rules[AutomaticClass.LIST]
    assert (vacation.new, vacation.on_ticket) == (NewMail.TICKET, OnTicket.NOTE)
    assert (of_list.new, of_list.on_ticket) == (NewMail.IGNORE, OnTicket.IGNORE)
    page = admin.get(PAGE).content.decode()
    assert page.count('value="note" selected') == 1
    assert page.count('value="ticket" selected') == 1
    assert "List-Id: &lt;news.example.com&gt;" in page


@pytest.mark.parametrize(
    "wrong", [{"vacation_on_ticket": "answer"}, {"list_new": "delete"}, {"version": "7"}, {"version": ""}]
)
def test_what_cannot_be_chosen_or_is_out_of_date_is_said_and_not_saved(
    fernhollow: Any, signed_in: Any, people: Any, wrong: dict[str, str]
) -> None:
    answer = signed_in(people.admin).post(PAGE, AUTOMATIC_DATA | wrong)
    assert answer.status_code == 422
    with organization_scope(fernhollow.id):
        assert automatic_rules().rules[AutomaticClass.LIST].new is NewMail.TICKET


@pytest.mark.parametrize(
    ("header", "anchor"), [("Auto-Submitted: auto-replied", "auto-reply"), ("List-Id: <news.x.test>", "list")]
)
def test_the_log_leads_from_the_reason_to_the_setting(
    fernhollow: Any, signed_in: Any, people: Any, header: str, anchor: str
) -> None:
    name, _colon, value = header.partition(": ")
    with organization_scope(fernhollow.id):
        mailbox = make_mailbox()
        [seen, plain] = receive(mailbox, make_mail(headers=[(name, value)]), make_mail())
    admin = signed_in(people.admin)
    link = f'href="{PAGE}#{anchor}"'
    assert link in admin.get(f"/o/fernhollow/inbound-log/{seen.pk}/").content.decode()
    assert f'href="{PAGE}#' not in admin.get(f"/o/fernhollow/inbound-log/{plain.pk}/").content.decode()
