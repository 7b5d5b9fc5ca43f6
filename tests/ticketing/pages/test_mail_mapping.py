"""The page of a mailbox's mapping."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from helpdesk.accounts.models import AuditEntry
from tests.factories.mailboxes import make_mailbox
from ticketing.models import FieldKind, MailMapping, Tag, TicketField

pytestmark = [pytest.mark.django_db, pytest.mark.req("S5.43", "S5.47")]
SignIn = Callable[[Any], Client]
BASE = {
    "version": "0",
    "requester": "from",
    "kept_files": "all",
    "unwraps_lists": "on",
    "command_heading": "Ticket details",
    "command_language": "en",
    "command_how": "replace",
    "parse_then": "ignore",
    "unknown_field_then": "note",
    "bad_value_then": "note",
    "right_then": "note",
    "copy-TOTAL_FORMS": "4",
    "copy-INITIAL_FORMS": "0",
}


@pytest.fixture
def mapping_page(fernhollow: Any, in_fernhollow: Any) -> str:
    """Of a mailbox, in an organization with a field of every kind."""
    for kind in FieldKind:
        TicketField.objects.create(key=kind.value, label=kind.label, kind=kind, choices=["Lamp", "Door"])
    box = make_mailbox(fernhollow, address="support@fernhollow.test")
    return f"/o/fernhollow/mapping/{box.pk}/"


def line(number: int, **values: str) -> dict[str, str]:
    return {f"copy-{number}-{name}": value for name, value in values.items()}


def test_everything_is_set_told_and_shown_again(people: Any, signed_in: SignIn, mapping_page: str) -> None:
    admin = signed_in(people.admin)
    assert "Copied from mail" in admin.get(mapping_page).content.decode()
    sent = {
        **BASE,
        "tags": "Invoices, new",
        "value_choice": "Door",
        "value_choices": ["Lamp"],
        "value_yes_no": "no",
        "value_number": "1,5",
        "value_date": "2027-01-31",
        "most_prefixes": "1",
        "refused_endings": ".EXE, js",
        "refused_types": "Video/*, application/zip",
        "refuses_programs": "on",
        "max_file_mb": "20",
        "reads_commands": "on",
        "command_heading": "Ticketangaben",
        "command_language": "de",
        "bad_value_then": "ignore",
        "right_then": "mail",
        "right_address": "ops@elsewhere.test",
        "right_text": "Look.",
        **line(0, when="new", source="header", header="X-Order", how="replace", field="text"),
        **line(1, when="new", source="", header="", how="replace", field=""),
        **line(2, when="update", source="body", header="ignored", how="append", field="long_text"),
    }
    assert admin.post(mapping_page, sent).headers["Location"] == mapping_page
    row = MailMapping.objects.get()
    assert row.fields == {"choice": "Door", "choices": ["Lamp"], "yes_no": False, "number": 1.5, "date": "2027-01-31"}
    assert [(each["source"], each["header"], each["field"], each["how"]) for each in row.copies] == [
        ("header", "X-Order", "text", "replace"),
        ("body", "", "long_text", "append"),
    ]
    assert set(Tag.objects.filter(pk__in=row.tags).values_list("name", flat=True)) == {"Invoices", "new"}
    assert (row.unwraps_lists, row.unwraps_forwards, row.refused_endings) == (True, False, ["exe", "js"])
    assert (row.refused_types, row.refuses_programs) == (["application/zip", "video/*"], True)
    assert (row.reads_commands, row.command_language, row.troubles["parse"]["then"]) == (True, "de", "ignore")
    assert (row.troubles["unknown_field"]["then"], row.troubles["bad_value"]["then"]) == ("note", "ignore")
    assert row.troubles["right"] == {"then": "mail", "address": "ops@elsewhere.test", "text": "Look."}
    shown = admin.get(mapping_page).content.decode()
    assert 'value="X-Order"' in shown
    assert "exe, js" in shown
    assert "application/zip, video/*" in shown
    assert "--- Ticketangaben [de] ---" in shown
    changes = AuditEntry.objects.get(action="mapping.changed").changes
    assert changes["mapping_copies"][1].startswith("New tickets: X-Order replaces One line of text; Answers: Body")
    assert mapping_page in admin.get("/o/fernhollow/settings/log/").content.decode()
    assert "meanwhile" in admin.post(mapping_page, sent).content.decode()


@pytest.mark.parametrize(
    ("sent", "advice"),
    [
        (line(0, when="new", source="header", header="", field="text"), "Name the header"),
        (line(0, when="new", source="body", field=""), "Choose the field"),
        ({"refused_endings": "tar.gz"}, "no ending of file names"),
        ({"refused_types": "zip"}, "no type of files"),
        ({"value_number": "many"}, "is a number"),
        ({"tags": "x" * 31}, "A tag has 1 to 30"),
        ({"command_heading": " "}, "This field is required"),
        ({"command_language": "xx"}, "Select a valid choice"),
        ({"unknown_field_then": "mail"}, "is not an e-mail address"),
        ({"bad_value_then": "mail", "bad_value_address": "support@fernhollow.test"}, "is a mailbox of yours"),
        ({"requester": "nobody"}, "Select a valid choice"),
    ],
)
def test_each_refusal_says_what_to_do(
    people: Any, signed_in: SignIn, mapping_page: str, sent: dict[str, str], advice: str
) -> None:
    answer = signed_in(people.admin).post(mapping_page, BASE | sent)
    assert answer.status_code == 422
    assert advice in answer.content.decode()
    assert not MailMapping.objects.filter(version__gt=0).exists()
