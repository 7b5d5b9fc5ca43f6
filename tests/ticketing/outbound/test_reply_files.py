"""Files, pictures and quotes that go along with an answer or a forwarded mail."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from helpdesk.lib import files
from helpdesk.lib.errors import DomainError
from mailboxes.models import OutboxMessage
from mailboxes.services.sending import outgoing_servers
from tests.ticketing.outbound.answers import PNG, Reply, attach, sent
from ticketing.mail.values import Address
from ticketing.models import Attachment, Blob, Draft, Ticket
from ticketing.outbound.replies import Answer, queue_forward

pytestmark = [pytest.mark.django_db, pytest.mark.both]


def test_files_of_the_draft_go_along_and_the_draft_is_gone(desk: Any, reply: Reply) -> None:
    attachment = attach(desk)
    message = reply(attachments=[attachment])
    (part,) = sent(message).iter_attachments()
    assert (part.get_filename(), part.get_content()) == ("plan.pdf", b"%PDF-1.4 plan")
    attachment.refresh_from_db()
    assert (attachment.message, attachment.draft, Draft.objects.count()) == (message, None, 0)
    assert Ticket.objects.get().has_attachments


def test_a_pasted_image_becomes_a_part_of_the_mail(desk: Any, reply: Reply) -> None:
    message = reply('<p>See</p><img src="data:image/png;base64,' + base64.b64encode(PNG).decode() + '">')
    row = Attachment.objects.get(message=message)
    assert (row.is_inline, row.content_type, row.size_bytes) == (True, "image/png", len(PNG))
    assert f'src="cid:{row.content_id}"' in message.html
    assert [p.get_content_type() for p in sent(message).walk()].count("image/png") == 1
    assert files.read(Blob.objects.get().storage_key) == PNG


def test_an_uploaded_image_is_found_by_its_address_in_the_editor(desk: Any, reply: Reply) -> None:
    attachment = attach(desk, name="p.png", data=PNG, is_inline=True)
    message = reply(f'<img src="/files/{attachment.public_id}/p.png?signature=x">', attachments=[attachment])
    attachment.refresh_from_db()
    assert message.html == f'<img src="cid:{attachment.content_id}">'


def test_an_image_that_was_taken_out_of_the_text_is_not_sent(desk: Any, reply: Reply) -> None:
    attachment = attach(desk, name="p.png", data=PNG, is_inline=True)
    message = reply(attachments=[attachment])
    assert not Attachment.objects.filter(message=message).exists()


@pytest.mark.parametrize("source", ["data:image/png;base64,PHN2Zz4=", "data:image/svg+xml;base64,PHN2Zz4="])
@pytest.mark.req("F111")
def test_a_pasted_image_that_is_none_is_dropped(source: str, desk: Any, reply: Reply) -> None:
    message = reply(f'<p>a</p><img src="{source}">')
    assert "data:" not in message.html
    assert not Attachment.objects.exists()


def test_the_answered_mail_is_quoted_when_asked(desk: Any, reply: Reply) -> None:
    message = reply(quotes_original=True)
    body = sent(message).get_body(("plain",))
    assert body is not None
    assert "> It hisses." in body.get_content()
    assert "hisses" not in message.text


HELD_BACK = '<p>Hi</p><img data-remote-src="https://pics.test/a.png"><img src="cid:logo@x">'


def test_a_quote_in_an_answer_sends_no_pictures_back(desk: Any, reply: Reply) -> None:
    desk.question.html = HELD_BACK
    desk.question.save()
    body = sent(reply(quotes_original=True)).get_body(("html",))
    assert body is not None
    assert '<blockquote type="cite"><p>Hi</p></blockquote>' in body.get_content()


def test_a_forward_keeps_the_pictures_of_the_original(desk: Any, reply: Reply) -> None:
    inside = attach(desk, name="logo.png", data=PNG, is_inline=True, content_id="logo@x")
    Attachment.objects.filter(id=inside.id).update(message=desk.question, draft=None)
    desk.question.html = HELD_BACK
    desk.question.save()
    answer = Answer(html="", to=[Address("", "x@elsewhere.test")], seen_position=desk.ticket.last_position)
    message = queue_forward(desk.ticket, author=desk.agent, answer=answer, original=desk.question)
    assert '<img src="https://pics.test/a.png">' in message.html
    assert '<img src="cid:logo@x">' in message.html
    assert [part["Content-ID"] for part in sent(message).walk() if part["Content-ID"]] == ["<logo@x>"]


def test_a_forward_takes_the_files_along_and_leaves_the_thread_alone(desk: Any, reply: Reply) -> None:
    attachment = attach(desk)
    Attachment.objects.update(message=desk.question, draft=None)
    answer = Answer(
        html="<p>Please look</p>",
        to=[Address("", "expert@elsewhere.test")],
        seen_position=desk.ticket.last_position,
    )
    message = queue_forward(desk.ticket, author=desk.agent, answer=answer, original=desk.question)
    mail = sent(message)
    assert mail["Subject"] == f"Fwd: Printer on fire [#{desk.ticket.number}]"
    assert (mail["In-Reply-To"], mail["References"]) == (None, None)
    assert [part.get_filename() for part in mail.iter_attachments()] == ["plan.pdf"]
    assert "It hisses." in message.text
    assert Ticket.objects.get().needs_reply
    attachment.refresh_from_db()
    assert attachment.message == desk.question


@pytest.fixture
def gone(desk: Any) -> list[Attachment]:
    """Two files of a draft whose bytes are gone: who reads one misses it."""
    attached = [attach(desk, name=f"{byte}.pdf", data=bytes([byte]) * 60_000) for byte in range(2)]
    files.discard(Blob.objects.values_list("storage_key", flat=True))
    return attached


@pytest.mark.req("F27")
@pytest.mark.parametrize(("limit_bytes", "code"), [(170_000, "file_missing"), (160_000, "too_large")])
def test_of_an_answer_too_large_for_the_server_no_file_is_read(
    limit_bytes: int, code: str, desk: Any, reply: Reply, gone: list[Attachment], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outgoing_servers, "MAX_OUTGOING_BYTES", limit_bytes)
    with pytest.raises(DomainError) as refused:
        reply(attachments=gone)
    assert (refused.value.code, Draft.objects.get().attachments.count()) == (code, 2)


@pytest.mark.req("F27")
def test_of_a_forward_too_large_for_the_server_no_file_is_read(
    desk: Any, gone: list[Attachment], monkeypatch: pytest.MonkeyPatch
) -> None:
    Attachment.objects.filter(pk=gone[0].pk).update(message=desk.question, draft=None)
    monkeypatch.setattr(outgoing_servers, "MAX_OUTGOING_BYTES", 160_000)
    to = [Address("", "x@elsewhere.test")]
    answer = Answer(html="", to=to, seen_position=desk.ticket.last_position, attachments=gone[1:])
    with pytest.raises(DomainError) as refused:
        queue_forward(desk.ticket, author=desk.agent, answer=answer, original=desk.question)
    assert refused.value.code == "too_large"
    assert "this mail has 0.2 MB; " in refused.value.sentence
    assert "takes at most 0.2 MB" in refused.value.sentence


@pytest.mark.req("F27")
def test_a_mail_of_just_what_the_server_takes_goes(desk: Any, reply: Reply, monkeypatch: pytest.MonkeyPatch) -> None:
    attached = [attach(desk, data=b"x" * 60_000), attach(desk, name="b.pdf", data=b"y" * 59_999)]
    reply(attachments=attached)
    size_bytes = OutboxMessage.objects.get().size_bytes
    monkeypatch.setattr(outgoing_servers, "MAX_OUTGOING_BYTES", size_bytes)
    reply(attachments=attached)
    monkeypatch.setattr(outgoing_servers, "MAX_OUTGOING_BYTES", size_bytes - 1)
    with pytest.raises(DomainError):
        reply(attachments=attached)
    assert list(OutboxMessage.objects.values_list("size_bytes", flat=True)) == [size_bytes] * 2
