"""The upgrade that made drafts of mailboxes that were never finished: which it takes, and which it leaves."""

from __future__ import annotations

import importlib
from types import SimpleNamespace
from typing import Any

import pytest
from django.apps import apps
from django.db import connection

from helpdesk.lib import clock
from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import Health, Mailbox
from tests.factories.mailboxes import make_mailbox, make_push_mailbox

pytestmark = [pytest.mark.django_db, pytest.mark.both, pytest.mark.req("S5.7", "S5.32")]
NEVER_SEEN = {"is_enabled": False, "health": Health.NOT_FINISHED, "health_since": None, "deleted_at": None}


def upgraded(mailbox: Mailbox, **values: Any) -> bool:
    """Whether a mailbox that stood so before the upgrade is a draft after it."""
    with organization_scope(mailbox.organization_id):
        Mailbox.objects.filter(pk=mailbox.pk).update(**NEVER_SEEN | values)
        step = importlib.import_module("mailboxes.migrations.0034_unfinished_are_drafts")
        step.mark(apps, SimpleNamespace(connection=connection))
        return bool(Mailbox.objects.get(pk=mailbox.pk).is_draft)


def test_a_mailbox_that_never_was_switched_on_is_a_draft(fernhollow: Any) -> None:
    assert upgraded(make_mailbox(fernhollow))


@pytest.mark.parametrize(
    "values",
    [
        {"is_enabled": True},
        {"health": Health.REACHABLE},
        {"health": Health.UNREACHABLE},
        {"health_since": clock.now()},
        {"deleted_at": clock.now()},
    ],
    ids=["connecting", "paused", "paused in trouble", "paused since", "deleted"],
)
def test_what_was_in_use_or_is_gone_stays_what_it_is(fernhollow: Any, values: dict[str, Any]) -> None:
    assert not upgraded(make_mailbox(fernhollow), **values)


def test_what_is_brought_to_a_mailbox_that_was_paused_still_has_an_address(fernhollow: Any) -> None:
    mailbox, _token = make_push_mailbox(fernhollow)
    assert not upgraded(mailbox)
