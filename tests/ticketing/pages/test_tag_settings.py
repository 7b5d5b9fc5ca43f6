"""Tags with the Spam property: chosen on a page, and put on what is recognised as spam, which gets no others."""

from __future__ import annotations

from typing import Any

import pytest

from helpdesk.accounts.models import AuditEntry
from helpdesk.tenancy.scope import organization_scope
from tests.factories.incoming import make_mail, receive
from tests.factories.outgoing import make_mailbox
from ticketing.models import Tag, Ticket, TicketEvent

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.req("S3.23", "S3.24")]

SETTINGS = "/o/fernhollow/tags/settings/"


@pytest.fixture
def tags(fernhollow: Any) -> dict[str, Tag]:
    """Two, neither for spam."""
    with organization_scope(fernhollow.id):
        return {name: Tag.objects.create(name=name) for name in ("junk", "lamps")}


def test_chosen_on_the_page_it_is_put_on_spam_and_the_other_is_not(
    tags: dict[str, Tag], fernhollow: Any, signed_in: Any, people: Any
) -> None:
    signed_in(people.admin).post(SETTINGS, {"spam": tags["junk"].pk})
    with organization_scope(fernhollow.id):
        receive(make_mailbox(), make_mail(headers=[("X-Spam-Flag", "YES")]), make_mail())
        tagged = list(Ticket.objects.order_by("id").values_list("is_spam", "tags__name"))
        events = list(
            TicketEvent.objects.filter(ticket__is_spam=True).order_by("position").values_list("kind", flat=True)
        )
    assert tagged == [(True, "junk"), (False, None)]
    assert events == ["ticket_opened", "spam_marked", "tag_added"]


def test_the_page_shows_it_and_the_audit_trail_names_it(
    tags: dict[str, Tag], fernhollow: Any, signed_in: Any, people: Any
) -> None:
    admin = signed_in(people.admin)
    admin.post(SETTINGS, {"spam": tags["junk"].pk})
    admin.post(SETTINGS, {"spam": tags["junk"].pk})
    assert admin.get(SETTINGS).content.decode().count(" checked") == 1
    with organization_scope(fernhollow.id):
        [entry] = AuditEntry.objects.filter(action="tag.changed")
    assert (entry.target_label, entry.changes) == ("junk", {"is_for_spam": [False, True]})


def test_a_tag_of_another_organization_is_left_alone(
    tags: dict[str, Tag], otherco: Any, signed_in: Any, people: Any
) -> None:
    with organization_scope(otherco.id):
        theirs = Tag.objects.create(name="theirs")
    signed_in(people.admin).post(SETTINGS, {"spam": theirs.pk})
    with organization_scope(otherco.id):
        assert not Tag.objects.get().is_for_spam
