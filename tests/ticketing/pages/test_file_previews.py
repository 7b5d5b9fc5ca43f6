"""An attached mail and a calendar file are shown as words, to whoever may see their ticket."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.test import Client
from django.urls import reverse

from helpdesk.tenancy.scope import organization_scope
from tests.factories.incoming import make_mail
from tests.ticketing.mail.test_calendar import INVITATION
from tests.ticketing.pages.test_messages import NASTY, add_file
from ticketing.models import Attachment
from ticketing.queries.file_previews import MAX_BYTES, MAX_NAMED

pytestmark = [pytest.mark.django_db, pytest.mark.both, pytest.mark.req("F99")]
MAIL, CALENDAR = "message/rfc822", "text/calendar"


@pytest.fixture(autouse=True)
def ours(desk: Any) -> Iterator[None]:
    """Rows may be made and looked at."""
    with organization_scope(desk.organization.id):
        yield


def address_of(desk: Any, file: Attachment) -> str:
    names = {"slug": desk.organization.slug, "number": desk.ticket.number, "public_id": file.public_id}
    return reverse("file_preview", kwargs=names)


def shown(client: Client, desk: Any, content: bytes, *, kind: str = MAIL, name: str = "forwarded.eml") -> str:
    file = add_file(desk.question, name=name, content=content, kind=kind, size_bytes=len(content))
    address = address_of(desk, file)
    assert address in client.get(desk.address).content.decode()
    page = client.get(address)
    assert page.status_code == 200
    return page.content.decode()


def test_an_attached_mail_says_who_wrote_what_to_whom_and_when(desk: Any, agent_client: Client) -> None:
    content = make_mail(
        subject="Old offer",
        text="We offer ten lamps.\n",
        headers=[("Date", "Mon, 02 Mar 2026 09:30:00 +0000"), ("Cc", "Ben <ben@elsewhere.test>")],
        files=[("offer.pdf", b"%PDF-1.7 x")],
    )
    page = shown(agent_client, desk, content)
    said = [
        "Old offer",
        "Anna Berg &lt;anna@customer.test&gt;",
        "Ben &lt;ben@elsewhere.test&gt;",
        "We offer ten lamps.",
    ]
    said += ["offer.pdf", "2026-03-02T", "Nothing of it was checked", "Download"]
    assert [words for words in said if words not in page] == []


def test_nothing_of_it_runs_or_loads(desk: Any, agent_client: Client) -> None:
    html = f"Subject: {NASTY}\r\nFrom: {NASTY}\r\nContent-Type: text/html\r\n\r\n<p onclick='x()'>Hi</p>{NASTY}"
    html += "<form action='https://evil.test'><img src='https://tracker.test/pixel.gif'><style>p{color:red}</style>"
    page = shown(agent_client, desk, html.encode())
    assert "Hi" in page
    never = ["<script>alert", "onclick", "tracker.test", "evil.test", "color:red"]
    assert [words for words in never if words in page] == []
    assert re.findall(r"<img[^>]* (?:src|onerror)", page) == []
    calendar = INVITATION.replace("Repair", NASTY)
    page = shown(agent_client, desk, calendar.encode(), kind=CALENDAR, name="evil.ics")
    assert "<script>alert" not in page


def test_an_invitation_says_what_when_where_and_by_whom(desk: Any, agent_client: Client) -> None:
    page = shown(agent_client, desk, INVITATION.encode(), kind=CALENDAR, name="invitation.ics")
    said = ["Repair, second try", "Yard 4;", "Berg: Anna; Ms &lt;anna@customer.test&gt;", "2026-12-01T", "the ladder"]
    assert [words for words in said if words not in page] == []


def test_many_files_are_counted_and_long_text_is_cut(desk: Any, agent_client: Client) -> None:
    many = [(f"{number}.txt", b"x") for number in range(MAX_NAMED + 2)]
    page = shown(agent_client, desk, make_mail(text="word " * 60_000, files=many))
    assert [words in page for words in ("2 more", "It is longer than is shown here")] == [True, True]


@pytest.mark.parametrize(("kind", "content"), [(MAIL, b""), (CALENDAR, b"BEGIN:VCARD")])
def test_what_cannot_be_read_says_so(desk: Any, agent_client: Client, kind: str, content: bytes) -> None:
    assert "It cannot be read as what it says it is." in shown(agent_client, desk, content, kind=kind)


@pytest.mark.parametrize("fields", [{"kind": "application/pdf"}, {"size_bytes": MAX_BYTES + 1}])
def test_other_files_and_large_ones_have_none(desk: Any, agent_client: Client, fields: dict[str, Any]) -> None:
    file = add_file(desk.question, **({"name": "a.eml", "content": make_mail(), "kind": MAIL} | fields))
    address = address_of(desk, file)
    assert address not in agent_client.get(desk.address).content.decode()
    assert agent_client.get(address).status_code == 404


def test_a_file_that_is_gone_from_storage_is_not_found(desk: Any, agent_client: Client) -> None:
    file = add_file(desk.question, name="a.eml", content=make_mail(), kind=MAIL)
    default_storage.delete(file.blob.storage_key)
    assert agent_client.get(address_of(desk, file)).status_code == 404


def test_it_is_for_members_of_its_organization_and_belongs_to_its_ticket(
    desk: Any, people: Any, agent_client: Client
) -> None:
    file = add_file(desk.question, name="a.eml", content=make_mail(), kind=MAIL)
    address = address_of(desk, file)
    assert agent_client.get(address.replace(str(file.public_id), str(uuid.uuid4()))).status_code == 404
    assert agent_client.get(address.replace(f"/{desk.ticket.number}/", "/999/")).status_code == 404
    other = Client()
    assert other.get(address).status_code == 302
    other.force_login(people.stranger.user)
    assert other.get(address).status_code == 404
