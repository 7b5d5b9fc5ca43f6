"""The card of a contact and the pages of contact groups."""

from __future__ import annotations

from typing import Any

import pytest

from helpdesk.accounts.models import AuditEntry, Company
from helpdesk.lib import clock
from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import BouncedAddress, Silence
from tests.factories.incoming import make_mail, receive
from tests.factories.outgoing import make_mailbox
from tests.factories.tickets import make_contact
from ticketing.models import Contact, ContactAddress, ContactGroup, Message, Ticket
from ticketing.services.contact_groups import GroupInput, save_group

pytestmark = pytest.mark.django_db

HERE = "/o/fernhollow/"


@pytest.fixture
def anna(fernhollow: Any) -> Any:
    """Anna, who wrote from work, and once from home, which nobody knows to be hers."""
    with organization_scope(fernhollow.id):
        mailbox = make_mailbox(address="support@fernhollow.test")
        receive(mailbox, make_mail(sender="Anna <anna@work.test>", message_id="first@work.test"))
        receive(mailbox, make_mail(sender="anna@home.test"))
        save_group(None, GroupInput(name="Homes", people=["anna@home.test"]))
        return Contact.objects.get(name="Anna")


@pytest.mark.req("S5.85")
def test_an_address_is_added_and_its_mail_is_theirs(fernhollow: Any, signed_in: Any, people: Any, anna: Any) -> None:
    agent, card = signed_in(people.agent), f"{HERE}contacts/{anna.pk}/"
    assert agent.post(f"{card}addresses/", {"address": " Anna@Mobile.test "}).status_code == 302
    with organization_scope(fernhollow.id):
        mailbox = Ticket.objects.earliest("id").mailbox
        [seen] = receive(mailbox, make_mail(sender="anna@mobile.test", answers="first@work.test"))
        assert seen.reason_data["is_newcomer"] is False
        address = ContactAddress.objects.get(address="anna@mobile.test")
    page = agent.get(card).content.decode()
    assert "anna@work.test" in page
    assert "anna@mobile.test" in page
    assert agent.post(f"{card}addresses/{address.pk}/removal/").status_code == 302
    assert "anna@mobile.test" not in agent.get(card).content.decode().partition("toast")[0]
    number = 1
    assert f'href="{card}"' in agent.get(f"{HERE}tickets/{number}/").content.decode()


def test_two_contacts_that_are_one_person_become_one(fernhollow: Any, signed_in: Any, people: Any, anna: Any) -> None:
    agent, card = signed_in(people.agent), f"{HERE}contacts/{anna.pk}/"
    answer = agent.post(f"{card}addresses/", {"address": "anna@home.test"})
    with organization_scope(fernhollow.id):
        other = ContactAddress.objects.get(address="anna@home.test").contact
    assert answer.headers["Location"] == f"{card}merging/{other.pk}/"
    question = agent.get(answer.headers["Location"]).content.decode()
    assert "anna@home.test" in question
    assert "cannot be undone" in question
    assert agent.post(answer.headers["Location"]).status_code == 302
    with organization_scope(fernhollow.id):
        assert set(Ticket.objects.values_list("requester_id", "requester_name")) == {(anna.pk, "Anna")}
        assert set(Message.objects.values_list("contact_id", flat=True)) == {anna.pk}
        assert set(ContactAddress.objects.values_list("contact_id", flat=True)) == {anna.pk}
        assert ContactGroup.objects.get().members.get().contact_id == anna.pk
        assert not Contact.objects.filter(pk=other.pk).exists()
        assert AuditEntry.objects.get(action="contact.merged").changes == {"merged": ["anna@home.test", None]}


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("nobody", "valid email"),
        ("support+x@fernhollow.test", "a mailbox of yours"),
        ("anna@work.test", "has this address already"),
    ],
)
def test_what_is_no_address_of_a_contact_is_said(
    signed_in: Any, people: Any, anna: Any, address: str, words: str
) -> None:
    answer = signed_in(people.agent).post(f"{HERE}contacts/{anna.pk}/addresses/", {"address": address})
    assert answer.status_code == 422
    assert words in answer.content.decode()


@pytest.mark.req("S5.61")
def test_a_group_is_made_with_members_and_rights_and_shown(
    fernhollow: Any, signed_in: Any, people: Any, anna: Any
) -> None:
    admin = signed_in(people.admin)
    with organization_scope(fernhollow.id):
        mailbox = Ticket.objects.earliest("id").mailbox
    data = {
        "version": "0",
        "name": "Partners",
        "people": "anna@work.test; new@partner.test",
        "domains": "partner.test, *.x.test",
        "rights-TOTAL_FORMS": "2",
        "rights-INITIAL_FORMS": "0",
        "rights-0-mailbox": str(mailbox.pk),
        "rights-0-may_open": "on",
        "rights-0-fields_set": ["priority", "tags"],
        "rights-1-mailbox": "",
    }
    answer = admin.post(f"{HERE}contact-groups/new/", data)
    assert answer.status_code == 302
    with organization_scope(fernhollow.id):
        group = ContactGroup.objects.get(name="Partners")
        assert group.members.count() == 4
        right = group.rights.get()
        assert (right.mailbox_id, right.may_open, right.may_update) == (mailbox.pk, True, False)
        assert right.fields == ["priority", "tags"]
    page = admin.get(answer.headers["Location"]).content.decode()
    assert "anna@work.test\nnew@partner.test</textarea>" in page
    assert 'name="rights-1-mailbox"' in page  # an empty line for one more
    assert "Partners" in admin.get(f"{HERE}contact-groups/").content.decode()
    wrong = admin.post(f"{HERE}contact-groups/new/", data | {"rights-0-fields_set": "secret"})
    assert wrong.status_code == 422
    assert "already" in admin.post(f"{HERE}contact-groups/new/", data).content.decode()


@pytest.mark.req("S5.77", "S5.85")
def test_the_list_shows_who_wrote_for_whom_and_when(
    fernhollow: Any, signed_in: Any, people: Any, anna: Any, django_assert_max_num_queries: Any
) -> None:
    with organization_scope(fernhollow.id):
        type(fernhollow).objects.filter(pk=fernhollow.pk).update(serves_companies=True)
        company = Company.objects.create(name="Bakery")
        Contact.objects.filter(pk=anna.pk).update(company=company)
        ContactAddress.objects.create(contact=anna, address="anna@mobile.test", created_at=anna.created_at)
        group = ContactGroup.objects.get()
    viewer = signed_in(people.viewer)
    with django_assert_max_num_queries(16):
        page = viewer.get(f"{HERE}contacts/").content.decode()
    shown = ("anna@work.test", "and 1 more", "anna@home.test", "Bakery", "Homes", f'href="{HERE}contacts/{anna.pk}/"')
    assert [words for words in shown if words not in page] == []
    assert f'href="{HERE}contact-groups/"' not in page  # of those who manage channels
    for query, found in (
        ("q=ANNA+mobile", ["anna@work.test"]),
        ("q=home.test", ["anna@home.test"]),
        (f"company={company.pk}", ["anna@work.test"]),
        (f"group={group.pk}", ["anna@home.test"]),
        ("q=nobody&company=x", []),
    ):
        rows = viewer.get(f"{HERE}contacts/?{query}", headers={"HX-Request": "true"}).content.decode()
        assert [each for each in ("anna@work.test", "anna@home.test") if each in rows] == found
    assert "No contact matches" in rows


def test_the_list_marks_who_gets_nothing_automatic(fernhollow: Any, signed_in: Any, people: Any, anna: Any) -> None:
    agent = signed_in(people.agent)
    assert "Nothing automatic" not in agent.get(f"{HERE}contacts/").content.decode()
    with organization_scope(fernhollow.id):
        BouncedAddress.objects.create(address="anna@work.test", bounced_at=clock.now())
    assert "Nothing automatic" in agent.get(f"{HERE}contacts/").content.decode()


@pytest.mark.parametrize("cause", Silence)
def test_a_contact_says_why_nothing_automatic_goes_to_an_address(
    fernhollow: Any, signed_in: Any, people: Any, anna: Any, cause: Silence
) -> None:
    with organization_scope(fernhollow.id):
        BouncedAddress.objects.create(address="anna@work.test", bounced_at=clock.now(), cause=cause)
    page = signed_in(people.agent).get(f"{HERE}contacts/{anna.pk}/").content.decode()
    assert f"</svg>{cause.label}</span>" in page


def test_the_list_goes_on_by_pages_and_asks_no_more_for_many(
    fernhollow: Any, signed_in: Any, people: Any, django_assert_max_num_queries: Any
) -> None:
    with organization_scope(fernhollow.id):
        for number in range(51):
            make_contact(f"Contact {number}")
    agent = signed_in(people.agent)
    with django_assert_max_num_queries(16):
        page = agent.get(f"{HERE}contacts/").content.decode()
    assert ("Contact 50<" in page, "Contact 0<" in page) == (True, False)
    following = page.partition('rel="next" href="')[2].partition('"')[0].replace("&amp;", "&")
    assert "Contact 0<" in agent.get(f"{HERE}contacts/{following}").content.decode()
