"""What a test with real transactions leaves behind: nothing, and what migrating wrote."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission

from helpdesk.accounts.models import Organization
from tests.databases import empty_tables
from tests.factories.people import make_member, make_organization

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both]


@pytest.mark.parametrize("more", [0, 4000], ids=["a few rows", "a large table"])
def test_tables_are_empty_afterwards_but_for_what_migrating_wrote(more: int) -> None:
    before = Permission.objects.count()
    make_member(make_organization())
    Organization.objects.bulk_create(Organization(slug=f"o{number}", name=f"O {number}") for number in range(more))
    empty_tables()
    assert not Organization.objects.exists()
    assert Permission.objects.count() == before > 0
