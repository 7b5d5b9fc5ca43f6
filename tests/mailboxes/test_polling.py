"""Polling a real Dovecot: from the server's folder into ledger and storage."""

from __future__ import annotations

from typing import Any

import pytest

from helpdesk.lib import files
from helpdesk.tenancy.models import WorkItem, WorkKind
from tests.mailboxes.account import mail

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.servers, pytest.mark.both]


@pytest.mark.req("S1.17", "S5.79")
def test_a_mail_is_stored_byte_for_byte_and_due_to_be_processed(account: Any) -> None:
    account.connect()
    account.deliver(1, 2)
    counts = account.poll()
    first, second = account.sightings()
    assert (counts.listed, counts.stored, counts.failed, counts.errors) == (2, 2, 0, [])
    assert files.read(first.raw.storage_key) == mail(1)
    assert first.message_id == "mail-1@example.org"
    assert {first.raw_id, second.raw_id} == set(
        WorkItem.objects.filter(kind=WorkKind.PROCESS).values_list("row_id", flat=True)
    )
