"""Attachments: into a draft, and out again to members only, harmless in any browser."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from helpdesk.lib import clock
from helpdesk.tenancy.scope import organization_scope
from mailboxes.services.sending import outgoing_servers
from tests.full_disk import largest_file
from tests.ticketing.pages.test_messages import PIXEL, add_file
from ticketing.models import Attachment, Draft, Message, MessageKind
from ticketing.queries.files import file_url
from ticketing.services import uploads

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def ours(desk: Any) -> Iterator[None]:
    """Rows may be made and looked at."""
    with organization_scope(desk.organization.id):
        yield


def upload(
    client: Client, desk: Any, *, name: str = "plan.pdf", content: bytes = b"%PDF-1.4", mode: str = "reply", **more: Any
) -> Any:
    file = SimpleUploadedFile(name, content, content_type="text/html")
    return client.post(f"{desk.address}draft/{mode}/files/", {"file": file} | more)


def fetch(client: Client, address: str) -> Any:
    """The answer, its stream read to the end, which closes it."""
    answer = client.get(address)
    answer.getvalue()
    return answer


@pytest.mark.req("F111")
def test_a_file_is_saved_never_opened(desk: Any, agent_client: Client) -> None:
    file = add_file(desk.question, name="Rechnung für März.html", content=b"<html><script>x()", kind="text/html")
    answer = fetch(agent_client, file_url(file, inline=True))
    assert answer["Content-Disposition"].startswith("attachment; filename*=utf-8''Rechnung%20f%C3%BCr")
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Cache-Control"].startswith("private")


@pytest.mark.req("F111")
def test_a_raster_image_is_shown_when_asked_for(desk: Any, agent_client: Client) -> None:
    file = add_file(desk.question, name="photo.png")
    assert fetch(agent_client, file_url(file))["Content-Disposition"].startswith("attachment")
    shown = fetch(agent_client, file_url(file, inline=True))
    assert shown["Content-Disposition"].startswith("inline")
    assert shown["Content-Security-Policy"] == "sandbox; default-src 'none'"


@pytest.mark.req("F111")
def test_a_drawing_with_scripts_is_no_raster_image(desk: Any, agent_client: Client) -> None:
    file = add_file(desk.question, name="x.svg", content=b"<svg onload=x()>", kind="image/svg+xml")
    answer = fetch(agent_client, file_url(file, inline=True))
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["Content-Type"] == "application/octet-stream"


def test_the_address_alone_is_not_enough(desk: Any, client: Client) -> None:
    address = file_url(add_file(desk.question, name="photo.png"))
    assert fetch(client, address).status_code == 302
    client.force_login(desk.people.stranger.user)
    assert fetch(client, address).status_code == 404


def test_a_viewer_may_have_it(desk: Any, client: Client) -> None:
    client.force_login(desk.people.viewer.user)
    assert fetch(client, file_url(add_file(desk.question, name="photo.png"))).status_code == 200


def test_an_address_is_good_for_a_day_and_only_as_we_made_it(desk: Any, agent_client: Client) -> None:
    file = add_file(desk.question, name="photo.png")
    address = file_url(file)
    assert fetch(agent_client, address.replace(str(file.public_id)[:4], "0000")).status_code == 404
    assert fetch(agent_client, "/files/nonsense/").status_code == 404


def test_a_file_missing_in_storage_is_not_found(desk: Any, agent_client: Client, settings: Any, tmp_path: Any) -> None:
    address = file_url(add_file(desk.question, name="photo.png"))
    settings.MEDIA_ROOT = tmp_path / "elsewhere"
    assert fetch(agent_client, address).status_code == 404


def test_an_upload_is_in_the_draft_and_goes_along(desk: Any, agent_client: Client, written: Any) -> None:
    chip = upload(agent_client, desk, name='<b>"x".pdf').content.decode()
    assert "&lt;b&gt;" in chip
    file = Attachment.objects.get()
    assert (file.draft, file.content_type) == (Draft.objects.get(), "application/pdf")
    agent_client.post(f"{desk.address}answers/", written())
    assert Attachment.objects.get().message == Message.objects.get(kind=MessageKind.OUTBOUND)


def test_a_removed_file_stays_here(desk: Any, agent_client: Client, written: Any) -> None:
    upload(agent_client, desk)
    public_id = Attachment.objects.get().public_id
    agent_client.post(f"{desk.address}draft/files/{public_id}/removal/", headers={"HX-Request": "true"})
    assert not Attachment.objects.exists()


def test_nobody_removes_what_another_attached_or_what_was_sent(desk: Any, agent_client: Client, client: Client) -> None:
    upload(agent_client, desk)
    sent = add_file(desk.question, name="photo.png")
    agent_client.post(f"{desk.address}draft/files/{sent.public_id}/removal/")
    client.force_login(desk.people.admin.user)
    client.post(f"{desk.address}draft/files/{Attachment.objects.get(message=None).public_id}/removal/")
    assert Attachment.objects.count() == 2


def test_a_drafts_file_is_for_its_writer_alone(desk: Any, agent_client: Client, client: Client) -> None:
    upload(agent_client, desk)
    address = file_url(Attachment.objects.get())
    assert fetch(agent_client, address).status_code == 200
    client.force_login(desk.people.admin.user)
    assert fetch(client, address).status_code == 404


def test_a_file_over_the_limit_is_refused_with_the_limit(
    desk: Any, agent_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "MAX_FILE_MB", 0)
    answer = upload(agent_client, desk)
    assert (answer.status_code, Attachment.objects.count()) == (422, 0)
    assert "The limit is" in answer.content.decode()


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server takes two files of 60,000 bytes, encoded, and no third one."""
    monkeypatch.setattr(outgoing_servers, "MAX_OUTGOING_BYTES", 200_000)


def add(client: Client, desk: Any, letter: str, **more: Any) -> Any:
    return upload(client, desk, name=f"{letter}.txt", content=letter.encode() * 60_000, **more)


@pytest.mark.req("F27")
def test_a_file_that_makes_the_mail_too_large_for_the_server_is_refused_with_the_limit(
    desk: Any, agent_client: Client, narrow: None
) -> None:
    assert [add(agent_client, desk, letter).status_code for letter in "ab"] == [200, 200]
    answer = add(agent_client, desk, "c")
    assert (answer.status_code, answer.content.decode()) == (
        422,
        f"With “c.txt” this mail would have 0.2 MB; {desk.mailbox.outgoing.label} takes at most 0.2 MB. "
        "Take another file out, or send it in a mail of its own.",
    )
    assert list(Draft.objects.get().attachments.values_list("filename", flat=True)) == ["a.txt", "b.txt"]
    assert upload(agent_client, desk, name="small.txt", content=b"small").status_code == 200


@pytest.mark.req("F27")
def test_the_files_of_a_forwarded_mail_count_and_a_note_leaves_by_no_server(
    desk: Any, agent_client: Client, narrow: None
) -> None:
    add_file(desk.question, name="photo.png", content=b"x" * 60_000, size_bytes=60_000)
    assert [add(agent_client, desk, letter, mode="forward").status_code for letter in "ab"] == [200, 422]
    assert [add(agent_client, desk, letter, mode="note").status_code for letter in "abc"] == [200, 200, 200]


@pytest.mark.req("F27")
def test_an_image_that_is_not_in_the_text_takes_no_room(
    desk: Any, agent_client: Client, written: Any, narrow: None
) -> None:
    images = [PIXEL + letter.encode() * 60_000 for letter in "ab"]
    answers = [upload(agent_client, desk, name="shot.png", content=image, inline="yes") for image in images]
    shown = "".join(f'<img src="{json.loads(answer.content)["url"]}">' for answer in answers)
    assert add(agent_client, desk, "c").status_code == 200
    agent_client.post(f"{desk.address}draft/", written(shown))
    assert add(agent_client, desk, "d").status_code == 422


def test_an_image_pasted_into_the_text_goes_along_inside_it(desk: Any, agent_client: Client, written: Any) -> None:
    made = json.loads(upload(agent_client, desk, name="shot.png", content=PIXEL, inline="yes").content)
    agent_client.post(f"{desk.address}answers/", written(f'<p>See <img src="{made["url"]}" alt="shot"></p>'))
    file = Attachment.objects.get(message__kind=MessageKind.OUTBOUND)
    assert file.is_inline
    assert f'src="cid:{file.content_id}"' in file.message.html
    assert 'alt="shot"' in file.message.html


def test_only_images_stand_in_the_text(desk: Any, agent_client: Client) -> None:
    assert upload(agent_client, desk, inline="yes").status_code == 422


def test_an_image_in_a_saved_draft_is_shown_again_days_later(desk: Any, agent_client: Client, written: Any) -> None:
    made = json.loads(upload(agent_client, desk, name="shot.png", content=PIXEL, inline="yes").content)
    agent_client.post(f"{desk.address}draft/", written(f'<p><img src="{made["url"]}"></p>'))
    with clock.held_at(clock.now() + timedelta(days=3)):
        page = agent_client.get(desk.address).content.decode()
    assert "cid:" in Draft.objects.get().html
    assert "&lt;img src=&quot;/files/" in page


def test_an_upload_without_a_file_is_a_bad_request(desk: Any, agent_client: Client) -> None:
    assert agent_client.post(f"{desk.address}draft/reply/files/").status_code == 400
    assert agent_client.post(f"{desk.address}draft/nonsense/files/", {"file": "x"}).status_code == 400


def test_a_file_for_which_there_is_no_room_is_refused_in_words(desk: Any, agent_client: Client) -> None:
    with largest_file(20_000):
        answer = upload(agent_client, desk, content=b"%PDF-1.4" + b"x" * 30_000)
    assert (answer.status_code, answer.content.decode()) == (
        422,
        "The files could not be stored. Try again in a moment.",
    )
    assert not Attachment.objects.exists()
