"""Files, pictures and quotes that go along with an answer or a forwarded mail."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from helpdesk.lib import files
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
