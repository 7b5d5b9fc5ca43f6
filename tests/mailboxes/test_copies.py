"""The same mail more than once: what is a copy, what is another mail, what is another delivery."""

from __future__ import annotations

from typing import Any

import pytest

from helpdesk.tenancy.models import WorkItem, WorkKind
from tests.mailboxes.account import mail, words

pytestmark = [pytest.mark.django_db, pytest.mark.both]


@pytest.mark.req("F43")
def test_another_mail_with_a_known_message_id_is_a_new_mail(fake: Any) -> None:
    fake.connect()
    fake.source.put(mail(1))
    fake.source.put(mail(1, body="Something else."))
    assert fake.poll().stored == 2


@pytest.mark.req("F43")
def test_two_copies_side_by_side_are_one_mail_and_a_duplicate(fake: Any) -> None:
    fake.connect()
    fake.source.put(mail(1))
    fake.source.put(mail(1))
    fake.poll()
    fake.source.put(mail(1))
    fake.poll()
    assert fake.raw_count() == 1
    assert fake.outcomes() == [("1", "pending"), ("2", "duplicate"), ("3", "duplicate")]
    assert words(fake.sightings()[2]) == "Byte for byte the mail that is number 1 in the same folder."


@pytest.mark.req("F55", "F53")
def test_mail_moved_away_and_back_is_known(fake: Any) -> None:
    fake.connect()
    fake.source.put(mail(1))
    fake.poll()
    fake.source.messages = {2: fake.source.messages[1]}
    fake.poll()
    first, again = fake.sightings()
    assert (again.resighting_of_id, again.raw_id, again.reason_code) == (first.id, first.raw_id, "seen_again")
    assert WorkItem.objects.filter(kind=WorkKind.PROCESS).count() == 1


@pytest.mark.req("F44")
def test_the_same_mail_in_two_mailboxes_is_two_deliveries(fake: Any) -> None:
    fake.connect()
    fake.source.put(mail(1))
    fake.poll()
    fake.connect(existing_mail="open")
    fake.poll()
    assert (fake.raw_count(), fake.outcomes()) == (1, [("1", "pending")])
