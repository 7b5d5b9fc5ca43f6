"""What was set for unknown fields and bad values together holds for each, once the two are apart."""

from __future__ import annotations

from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pytest
from django.apps import apps
from django.db import connection

from ticketing.models import MailMapping

MAIL = {"then": "mail", "address": "ops@elsewhere.test", "text": "Look."}
NOTE = {"then": "note", "address": "", "text": ""}
IGNORE = {"then": "ignore", "address": "", "text": ""}


@pytest.mark.django_db
@pytest.mark.req("S5.55")
@pytest.mark.parametrize(
    ("step", "before", "after"),
    [
        ("part", {"parse": NOTE, "field": MAIL}, {"parse": NOTE, "unknown_field": MAIL, "bad_value": MAIL}),
        ("part", {"right": NOTE}, {"right": NOTE}),
        ("join", {"unknown_field": MAIL, "bad_value": NOTE, "right": IGNORE}, {"field": MAIL, "right": IGNORE}),
        ("join", {}, {}),
    ],
)
def test_both_reasons_take_over_what_was_set_for_the_two(
    support: Any, step: str, before: dict[str, Any], after: dict[str, Any]
) -> None:
    row = MailMapping.objects.create(mailbox=support, troubles=before)
    migration = import_module("ticketing.migrations.0059_troubles_apart")
    getattr(migration, step)(apps, SimpleNamespace(connection=connection))
    row.refresh_from_db()
    assert row.troubles == after
