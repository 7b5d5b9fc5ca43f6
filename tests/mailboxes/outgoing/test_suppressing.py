"""Who is on the list gets no mail, whoever writes it, and what they write comes in as ever."""

from __future__ import annotations

from typing import Any

import pytest

from helpdesk.accounts.models import AuditEntry
from helpdesk.lib.errors import DomainError
from mailboxes.forms.suppressing import SuppressionForm
from mailboxes.models import DeliveryState, OutboxRecipient, Suppression
from mailboxes.services.sending.delivery_states import roll_up
from mailboxes.services.sending.suppressing import (
    add_suppressions,
    drop_suppressed,
    remove_suppression,
    suppressed,
)
from tests.factories.outgoing import make_outgoing_server, queue_mail

pytestmark = [pytest.mark.django_db, pytest.mark.both]


@pytest.mark.parametrize(
    ("address", "by"),
    [
        ("Anna@Customer.test", "anna@customer.test"),
        ("ben@customer.test", ""),
        ("ben@lists.news.test", "news.test"),
        ("ben@news.test", "news.test"),
        ("ben@goodnews.test", ""),
    ],
)
def test_an_address_or_its_domain_is_on_the_list(in_fernhollow: Any, people: Any, address: str, by: str) -> None:
    add_suppressions(["ANNA@customer.test", "@news.test"], note="asked us to", actor=people.admin)
    assert suppressed([address]) == ({address: by} if by else {})


@pytest.mark.req("F86")
def test_no_mail_to_them_is_queued_and_who_it_is_is_named(in_fernhollow: Any, people: Any) -> None:
    server = make_outgoing_server()
    add_suppressions(["anna@customer.test"], note="", actor=people.admin)
    with pytest.raises(DomainError, match=r"anna@customer\.test") as refused:
        queue_mail(server, to=("ben@customer.test", "anna@customer.test"))
    assert refused.value.code == "suppressed"
    queue_mail(server, to=("ben@customer.test",))


def test_who_comes_onto_the_list_before_it_leaves_does_not_get_it(in_fernhollow: Any, people: Any) -> None:
    outbox = queue_mail(make_outgoing_server(), to=("anna@customer.test", "ben@customer.test"))
    add_suppressions(["anna@customer.test"], note="", actor=people.admin)
    drop_suppressed(outbox)
    roll_up(outbox)
    states = dict(OutboxRecipient.objects.values_list("address", "state"))
    assert states == {"anna@customer.test": DeliveryState.CANCELLED, "ben@customer.test": DeliveryState.QUEUED}
    assert OutboxRecipient.objects.get(address="anna@customer.test").reason == "suppressed"


def test_taken_off_they_get_mail_again_and_both_is_told(in_fernhollow: Any, people: Any) -> None:
    [row] = add_suppressions(["anna@customer.test", "ANNA@customer.test"], note="", actor=people.admin)
    assert add_suppressions(["anna@customer.test"], note="", actor=people.admin) == []
    assert remove_suppression(row.pk, actor=people.admin) == "anna@customer.test"
    assert suppressed(["anna@customer.test"]) == {}
    told = list(AuditEntry.objects.order_by("id").values_list("action", flat=True))
    assert told == ["suppression.added", "suppression.removed"]
    with pytest.raises(DomainError):
        remove_suppression(row.pk, actor=people.admin)


@pytest.mark.parametrize(
    ("typed", "wrong"),
    [("anna@customer.test; @news.test\nlists.news.test", ""), ("anna@", "anna@"), ("just words", "just"), ("", "")],
)
def test_what_is_neither_an_address_nor_a_domain_is_named(typed: str, wrong: str) -> None:
    form = SuppressionForm({"values": typed})
    assert form.is_valid() == (bool(typed) and not wrong)
    assert not wrong or wrong in str(form.errors)


def test_the_page_adds_finds_and_takes_off(fernhollow: Any, signed_in: Any, people: Any, in_fernhollow: Any) -> None:
    admin, page = signed_in(people.admin), "/o/fernhollow/outbox/suppressions/"
    assert admin.post(page, {"values": "anna@customer.test\nnews.test", "note": "asked us to"}).status_code == 302
    assert "news.test" not in admin.get(f"{page}?q=anna").content.decode().partition("On the list")[2]
    removal = f"{page}{Suppression.objects.get(value='news.test').pk}/removal/"
    assert admin.post(removal).status_code == 302
    assert [row.value for row in Suppression.objects.all()] == ["anna@customer.test"]
