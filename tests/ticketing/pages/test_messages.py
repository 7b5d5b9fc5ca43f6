"""Messages of the thread: whole, safe, quiet about who reads them, and in our own type."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from ipaddress import ip_network
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from helpdesk.lib import clock
from helpdesk.lib.net import HostGuard
from helpdesk.tenancy.scope import organization_scope
from tests.factories.tickets import add_message
from tests.servers.web import web_server
from ticketing.models import Attachment, Message, MessageKind, ThreadReason
from ticketing.outbound.content import store_blobs
from ticketing.queries.remote_images import image_address
from ticketing.services import remote_images

pytestmark = pytest.mark.django_db
PIXEL = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89\x00\x00\x00"
    b"\rIDATx\xdacd\xf8\xcfP\x0f\x00\x03\x86\x01\x80Z4}k\x00\x00\x00\x00IEND\xaeB`\x82"
)
REMOTE = '<p style="color:red">See</p><img data-remote-src="https://tracker.test/pixel.gif">'
NASTY = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"


@pytest.fixture(autouse=True)
def ours(desk: Any) -> Iterator[None]:
    """Rows may be made and looked at."""
    with organization_scope(desk.organization.id):
        yield


def html_message(desk: Any, html: str, **fields: Any) -> Message:
    """One more mail of the customer, as intake would have stored it."""
    return add_message(desk.ticket, html=html, **fields)


def add_file(message: Message, *, name: str, content: bytes = PIXEL, kind: str = "image/png", **fields: Any) -> Any:
    """A kept file of the message."""
    blob_id = store_blobs({name: content})[name]
    return Attachment.objects.create(
        message=message, blob_id=blob_id, filename=name, content_type=kind, created_at=clock.now(), **fields
    )


def page_of(client: Client, desk: Any) -> str:
    return client.get(desk.address).content.decode()


def test_mail_is_shown_in_our_own_type(desk: Any, agent_client: Client) -> None:
    html_message(desk, '<h1 style="color:red" class="x">Big</h1><p align="center">News &amp; more</p>')
    page = page_of(agent_client, desk)
    assert "<p><strong>Big</strong></p><p>News &amp; more</p>" in page


def test_stored_script_does_not_run(desk: Any, agent_client: Client) -> None:
    html_message(desk, f'<p onclick="x()">Hi</p>{NASTY}<a href="javascript:alert(3)">x</a>')
    page = page_of(agent_client, desk)
    assert "alert(1)" not in page
    assert "onerror" not in page
    assert "onclick" not in page
    assert "javascript:alert" not in page


def test_names_subjects_texts_and_file_names_are_words_only(desk: Any, agent_client: Client) -> None:
    message = html_message(desk, "", text=NASTY, to=[])
    Message.objects.filter(pk=message.pk).update(
        from_name=NASTY,
        from_address=NASTY,
        subject=NASTY,
        thread_detail=NASTY,
        remarks=[NASTY, {"code": "charset_guessed", "taken": NASTY}],
    )
    message.recipients.create(header="to", name=NASTY, address=NASTY)
    add_file(message, name=NASTY)
    desk.ticket.subject = desk.ticket.requester_name = NASTY
    desk.ticket.save()
    page = page_of(agent_client, desk)
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "The charset had to be guessed: &lt;" in page


def test_the_quoted_part_is_folded_and_still_there(desk: Any, agent_client: Client) -> None:
    html_message(
        desk, '<p>New words</p><div class="gmail_quote">On Monday Ines wrote:<blockquote>Old</blockquote></div>'
    )
    shown, folded = page_of(agent_client, desk).split('<details class="quoted">', 1)
    assert "New words" in shown
    assert "Old" in folded.split("</details>", 1)[0]


def test_a_quote_in_plain_text_is_folded_too(desk: Any, agent_client: Client) -> None:
    add_message(desk.ticket, text="It still burns.\n\nOn Monday, Ines wrote:\n> Pull the plug.")
    folded = page_of(agent_client, desk).split('<details class="quoted">', 1)[1]
    assert "Pull the plug." in folded.split("</details>", 1)[0]


def test_addresses_in_plain_text_are_links(desk: Any, agent_client: Client) -> None:
    add_message(desk.ticket, text='See https://shop.test/a?b=1&c="2 (https://x.test/y_(z)), or ask bo@shop.test.')
    page = page_of(agent_client, desk)
    assert 'href="https://shop.test/a?b=1&amp;c="' in page
    assert 'href="https://x.test/y_(z)"' in page
    assert 'href="mailto:bo@shop.test"' in page


@pytest.mark.req("F111")
def test_remote_images_are_held_back_and_said(desk: Any, agent_client: Client) -> None:
    html_message(desk, REMOTE, remote_images=1)
    page = page_of(agent_client, desk)
    assert "tracker.test" not in page
    assert "1 remote image is blocked" in page


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_asked_for_they_come_through_our_proxy(desk: Any, agent_client: Client, headers: dict[str, str]) -> None:
    message = html_message(desk, REMOTE, remote_images=1)
    answer = agent_client.post(f"{desk.address}messages/{message.pk}/images/", headers=headers)
    page = answer.content.decode()
    assert 'src="/images/' in page
    assert "tracker.test" not in page
    assert "is blocked" not in page
    assert ("<html" in page) is not bool(headers)


def test_an_image_inside_the_mail_is_shown_from_its_attachment(desk: Any, agent_client: Client) -> None:
    message = html_message(desk, '<p>Look: <img src="cid:part1@customer.test"></p>')
    add_file(message, name="photo.png", content_id="part1@customer.test", is_inline=True)
    page = page_of(agent_client, desk)
    source = page.split('<p>Look: <img src="', 1)[1].split('"', 1)[0]
    shown = agent_client.get(source.replace("&amp;", "&"))
    assert (shown["Content-Type"], shown.getvalue()) == ("image/png", PIXEL)


def test_what_could_not_be_kept_says_why(desk: Any, agent_client: Client) -> None:
    message = html_message(desk, "")
    Attachment.objects.create(
        message=message, filename="huge.eml", size_bytes=80_000_000, note_code="mail_unreadable", created_at=clock.now()
    )
    assert "This mail could not be read." in page_of(agent_client, desk)


def test_why_a_mail_is_here_and_who_is_new_is_said(desk: Any, agent_client: Client) -> None:
    html_message(desk, "", is_external=True, is_automatic=True, thread_detail="Re: Printer")
    Message.objects.filter(is_external=True).update(thread_reason=ThreadReason.BODY_TOKEN)
    page = page_of(agent_client, desk)
    assert "New to this ticket" in page
    assert "This sender was not on the ticket before, under any address. It quotes our hidden token." in page
    assert "Automatic" in page
    assert "(Re: Printer)" in page


@pytest.mark.req("F19")
@pytest.mark.parametrize(("apart", "is_said"), [(timedelta(minutes=9), False), (timedelta(days=-400), True)])
def test_a_date_in_the_mail_far_from_when_it_came_is_said_apart(
    desk: Any, agent_client: Client, apart: timedelta, is_said: bool
) -> None:
    message = html_message(desk, "")
    Message.objects.filter(pk=message.pk).update(claimed_at=message.created_at + apart)
    assert ("Date in the mail" in page_of(agent_client, desk)) is is_said


def test_a_very_long_message_is_shut_and_one_too_long_is_cut(desk: Any, agent_client: Client) -> None:
    add_message(desk.ticket, text="word " * 60_000 + "THE END")
    page = page_of(agent_client, desk)
    assert "Show the whole message" in page
    assert "this is its beginning" in page
    assert "THE END" not in page


def test_the_page_costs_the_same_for_thirty_rich_messages(
    desk: Any, agent_client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(40):
        message = html_message(desk, f"<p>message {number}</p>{REMOTE}", remote_images=1)
        add_file(message, name=f"{number}.png")
    with django_assert_max_num_queries(34):  # as the ticket page in test_queue
        page_of(agent_client, desk)


@pytest.mark.req("F111")
def test_the_original_stands_behind_walls_of_its_own(desk: Any, agent_client: Client) -> None:
    message = html_message(desk, '<p style="color:red">Sale<script>x()</script></p>')
    frame = agent_client.get(f"{desk.address}messages/{message.pk}/original/frame/")
    policy = frame["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert policy.startswith("sandbox ")
    assert "allow-scripts" not in policy
    assert "allow-same-origin" not in policy
    assert frame["X-Frame-Options"] == "SAMEORIGIN"
    assert "color:red" in frame.content.decode()
    assert "<script" not in frame.content.decode()


def test_the_page_around_the_original_frames_it_without_rights(desk: Any, agent_client: Client) -> None:
    page = agent_client.get(f"{desk.address}messages/{desk.question.pk}/original/").content.decode()
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in page


def test_images_inside_the_original_are_part_of_it(desk: Any, agent_client: Client) -> None:
    message = html_message(desk, '<img src="cid:part1@customer.test">')
    add_file(message, name="photo.png", content_id="part1@customer.test", is_inline=True)
    frame = agent_client.get(f"{desk.address}messages/{message.pk}/original/frame/").content.decode()
    assert 'src="data:image/png;base64,' in frame


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1/x.png", "http://[::1]/x.png", "http://localhost/x", "http://10.0.0.1/", "file:///etc/passwd",
     "http://0x7f.1/", "http://169.254.169.254/latest", "http://u:p@example.com/", "http://127.0.0.1:8025/"],
)  # fmt: skip
def test_the_proxy_reaches_nothing_inside(agent_client: Client, url: str) -> None:
    assert agent_client.get(str(image_address(url))).status_code == 404


def test_an_image_that_was_asked_for_is_shown_and_can_do_no_harm(
    desk: Any, agent_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    with web_server() as web:
        guard = HostGuard(allowed_networks=(ip_network("127.0.0.1/32"),), allowed_ports=frozenset({web.port}))
        monkeypatch.setattr(remote_images, "PUBLIC_WEB", guard)
        shown = agent_client.get(str(image_address(web.answer("/a.png", PIXEL, Content_Type="text/html"))))
    assert (shown.status_code, shown["Content-Type"], shown.content) == (200, "image/png", PIXEL)
    assert shown["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert shown["X-Content-Type-Options"] == "nosniff"
    assert shown["Cross-Origin-Resource-Policy"] == "same-origin"
    assert shown["Cache-Control"].startswith("private")


def test_the_proxy_fetches_only_what_we_signed(agent_client: Client) -> None:
    address = str(image_address("https://example.com/x.png"))
    assert agent_client.get(address[:-3] + "xx/").status_code == 404


def test_a_stranger_gets_no_image_through_the_proxy(desk: Any, client: Client) -> None:
    client.force_login(desk.people.stranger.user)
    assert client.get(str(image_address("http://127.0.0.1/x.png"))).status_code == 404


@pytest.mark.parametrize("kind", [MessageKind.INBOUND, MessageKind.NOTE])
def test_a_message_of_another_ticket_is_not_found_under_this_one(
    desk: Any, agent_client: Client, kind: MessageKind
) -> None:
    from tests.factories.tickets import make_ticket

    message = add_message(make_ticket("Another"), kind=kind)
    assert agent_client.get(f"{desk.address}messages/{message.pk}/original/").status_code == 404
