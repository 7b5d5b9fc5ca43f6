"""Fields of files: mail fills them, the files stay with their messages, and people choose among them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from helpdesk.lib.errors import DomainError
from tests.factories.incoming import make_mail, receive, receive_head, receive_rest
from ticketing.fields.values import MAX_FILES, BadValue, field_of, shown
from ticketing.models import Attachment, Blob, EventKind, FieldKind, Message, Ticket, TicketEvent, TicketField
from ticketing.models.mapping import How, KeptFiles, Moment, Source
from ticketing.queries.suggestions import suggestions_for
from ticketing.reason_words import reason_words
from ticketing.services.changes import ChangeRefused, mark_spam
from ticketing.services.field_values import set_field
from ticketing.services.history import By
from ticketing.services.mail_mapping import CopyInput, MappingInput, set_mapping
from ticketing.services.undoing import undo_events
from ticketing.templatetags.ticket_events import event_words

pytestmark = [pytest.mark.django_db, pytest.mark.req("S5.43", "S5.46", "S5.50")]
SignIn = Callable[[Any], Client]
PNG, LOGO = b"\x89PNG\r\n\x1a\n" + b"p" * 60_000, b"\x89PNG\r\n\x1a\n" + b"l" * 900
PDF = b"%PDF-1.4\n"
FIRST = [("contract.pdf", PDF), ("lamp.png", PNG), ("image001.png", LOGO)]
LATER = [("contract2.pdf", PDF + b"2"), ("door.png", PNG + b"d"), ("image001.png", LOGO)]


@pytest.fixture
def papers(support: Any) -> TicketField:
    made: TicketField = TicketField.objects.create(key="papers", label="Papers", kind=FieldKind.FILES)
    TicketField.objects.create(key="photos", label="Photos", kind=FieldKind.FILES)
    return made


def copies(how: How = How.REPLACE) -> list[CopyInput]:
    """Of new tickets and of answers: files into papers, images into photos."""
    return [
        CopyInput(when, source, field, how)
        for when in Moment
        for source, field in ((Source.FILES, "papers"), (Source.IMAGES, "photos"))
    ]


def names(ticket: Ticket) -> dict[str, list[str]]:
    return {key: [ref["filename"] for ref in refs] for key, refs in ticket.fields.items()}


@pytest.mark.both
@pytest.mark.parametrize(
    ("how", "papers_after", "photos_after"),
    [
        (How.REPLACE, ["contract2.pdf"], ["door.png"]),
        (How.APPEND, ["contract.pdf", "contract2.pdf"], ["lamp.png", "image001.png", "door.png"]),
    ],
)
def test_files_and_images_of_new_tickets_and_answers_go_into_fields(
    support: Any, papers: TicketField, how: How, papers_after: list[str], photos_after: list[str]
) -> None:
    set_mapping(support, MappingInput(copies=copies(how)))
    receive(support, make_mail(message_id="first@customer.test", files=FIRST))
    ticket = Ticket.objects.get()
    assert names(ticket) == {"papers": ["contract.pdf"], "photos": ["lamp.png", "image001.png"]}
    [seen] = receive(
        support,
        make_mail(answers="first@customer.test", files=LATER),
        make_mail(answers="first@customer.test", text="Without files.\n"),
    )[:1]
    ticket.refresh_from_db()
    assert names(ticket) == {"papers": papers_after, "photos": photos_after}  # its logo came before
    assert "the mail gave Papers, Photos" in reason_words(seen)
    told = TicketEvent.objects.filter(kind=EventKind.FIELD_CHANGED).order_by("position")
    assert [event.data["field"] for event in told] == ["papers", "photos"]
    assert papers_after[-1] in event_words(told[0])
    held = {ref["id"]: ref["filename"] for refs in ticket.fields.values() for ref in refs}
    files = Attachment.objects.filter(public_id__in=held)
    assert {str(file.public_id): file.filename for file in files} == held
    assert Blob.objects.count() == 5  # each content is kept once


@pytest.mark.both
@pytest.mark.parametrize("answers", ["", "first@customer.test"])
def test_of_a_mail_that_came_in_two_pieces_body_and_files_are_copied_with_the_second(
    support: Any, papers: TicketField, answers: str
) -> None:
    TicketField.objects.create(key="log", label="Log", kind=FieldKind.LONG_TEXT)
    texts = [CopyInput(when, source, "log", How.APPEND) for when in Moment for source in (Source.SUBJECT, Source.BODY)]
    set_mapping(support, MappingInput(copies=[*copies(), *texts]))
    receive(support, make_mail(message_id="first@customer.test", subject="First", text="One."))
    mail = make_mail(answers=answers, subject="Second", text="Two.", files=FIRST)
    head = receive_head(support, mail)
    ticket = Ticket.objects.get(pk=head.ticket_id)
    before = "First\n\nOne.\n\nSecond" if answers else "Second"
    assert ticket.fields == {"log": before}
    whole = receive_rest(head, mail)
    ticket.refresh_from_db()
    assert (ticket.fields.pop("log"), names(ticket)) == (
        f"{before}\n\nTwo.",
        {"papers": ["contract.pdf"], "photos": ["lamp.png", "image001.png"]},
    )
    held = {ref["id"] for refs in ticket.fields.values() for ref in refs}
    assert {str(each) for each in Attachment.objects.values_list("public_id", flat=True)} == held
    told = TicketEvent.objects.filter(ticket=ticket, kind=EventKind.FIELD_CHANGED).order_by("-position")[:3]
    assert {event.data["field"] for event in told} == {"log", "papers", "photos"}
    assert ticket.last_position == told[0].position
    assert "the mail gave Papers, Photos, Log" in reason_words(whole)


@pytest.mark.parametrize(
    ("choices", "kept"),
    [
        ({"kept_files": KeptFiles.NONE}, {}),
        ({"refused_endings": ["pdf"]}, {"photos": ["lamp.png", "image001.png"]}),
    ],
)
def test_files_that_do_not_stay_are_in_no_field(
    support: Any, papers: TicketField, choices: dict[str, Any], kept: dict[str, list[str]]
) -> None:
    set_mapping(support, MappingInput(copies=copies(), **choices))
    receive(support, make_mail(files=FIRST))
    assert names(Ticket.objects.get()) == kept


def test_a_full_field_loses_its_oldest_files_and_words_are_no_files(support: Any, papers: TicketField) -> None:
    set_mapping(support, MappingInput(copies=copies(How.APPEND)))
    refs = [
        {"id": str(uuid4()), "filename": f"{number}.pdf", "content_type": "", "size_bytes": 1}
        for number in range(MAX_FILES)
    ]
    receive(support, make_mail(message_id="first@customer.test"))
    Ticket.objects.update(fields={"papers": refs})
    receive(support, make_mail(answers="first@customer.test", files=[("new.pdf", PDF)]))
    held = names(Ticket.objects.get())["papers"]
    assert (len(held), held[0], held[-1]) == (MAX_FILES, "1.pdf", "new.pdf")
    with pytest.raises(DomainError, match="Papers takes attached files"):
        set_mapping(support, MappingInput(copies=[CopyInput(Moment.NEW, Source.BODY, "papers")], version=1))


def test_people_put_files_of_the_ticket_into_a_field_and_take_them_out(
    support: Any, people: Any, papers: TicketField
) -> None:
    receive(support, make_mail(files=FIRST), make_mail(files=LATER))
    ticket, other = Ticket.objects.order_by("id")
    contract, lamp = Attachment.objects.filter(message__ticket=ticket).order_by("id")[:2]
    field, by = field_of(papers), By(actor=people.agent)
    set_field([ticket], field=field, value=[str(contract.public_id), str(lamp.public_id)], by=by)
    ticket.refresh_from_db()
    assert shown(papers.kind, ticket.fields["papers"]) == "contract.pdf, lamp.png"
    with pytest.raises(BadValue, match="the ticket's own messages"):
        set_field([other], field=field, value=[str(contract.public_id)], by=by)
    with pytest.raises(BadValue, match="is a list of files"):
        set_field([ticket], field=field, value=["contract.pdf", 5], by=by)
    Message.objects.filter(pk=lamp.message_id).update(ticket=other)
    retired = field_of(TicketField(key="papers", label="Papers", kind=FieldKind.FILES, is_active=False))
    set_field([ticket], field=retired, value=[str(lamp.public_id)], by=by)  # held already
    ticket.refresh_from_db()
    assert names(ticket) == {"papers": ["lamp.png"]}
    with pytest.raises(ChangeRefused, match="retired"):
        set_field([other], field=retired, value=[str(lamp.public_id)], by=by)
    event = TicketEvent.objects.filter(kind=EventKind.FIELD_CHANGED).latest("position")
    undo_events([event], by=by)
    ticket.refresh_from_db()
    assert names(ticket) == {"papers": ["contract.pdf", "lamp.png"]}


def test_the_ticket_shows_them_and_takes_what_was_chosen(
    support: Any, people: Any, signed_in: SignIn, papers: TicketField
) -> None:
    set_mapping(support, MappingInput(copies=copies()))
    receive(support, make_mail(files=[*FIRST, ("<b>.txt", b"x")]))
    ticket, agent = Ticket.objects.get(), signed_in(people.agent)
    page = agent.get(f"/o/fernhollow/tickets/{ticket.number}/").content.decode()
    assert page.count('<ul class="field-files">') == 2 * 2  # at the side and in the sheet
    assert "&lt;b&gt;.txt" in page
    image = Attachment.objects.get(filename="lamp.png")
    address = f"/o/fernhollow/tickets/{ticket.number}/fields/papers/"
    agent.post(address, {"value": str(image.public_id)})
    ticket.refresh_from_db()
    assert names(ticket)["papers"] == ["lamp.png"]
    Attachment.objects.filter(pk=image.pk).update(blob=None)
    assert "(no longer here)" in agent.get(f"/o/fernhollow/tickets/{ticket.number}/").content.decode()
    agent.post(address, {"value": ""})
    ticket.refresh_from_db()
    assert "papers" not in ticket.fields


def test_what_was_no_spam_gets_its_files_suggested_as_they_stand_here(
    support: Any, people: Any, papers: TicketField
) -> None:
    set_mapping(support, MappingInput(copies=copies()))
    receive(support, make_mail(files=FIRST, headers=[("X-Spam-Flag", "YES")]))
    ticket = Ticket.objects.get()
    assert ticket.fields == {}
    mark_spam([ticket], is_spam=False, by=By(actor=people.agent))
    ticket.refresh_from_db()
    [papers_again, photos] = [each for each in suggestions_for(ticket) if each.what == "field"]
    assert (papers_again.name, photos.name) == ("Papers: contract.pdf", "Photos: lamp.png, image001.png")
    set_field([ticket], field=field_of(papers), value=papers_again.content, by=By(actor=people.agent))
    ticket.refresh_from_db()
    assert names(ticket) == {"papers": ["contract.pdf"]}
