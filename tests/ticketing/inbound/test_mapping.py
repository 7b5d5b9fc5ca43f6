"""What mail gives its tickets: defaults of the mailbox, parts of the mail, the requester, and which files stay."""

from __future__ import annotations

from typing import Any

import pytest

from tests.factories.incoming import make_mail, receive
from tests.factories.mailboxes import make_mailbox
from tests.ticketing.mail.test_forwards import GMAIL
from ticketing.models import (
    Attachment,
    Contact,
    EventKind,
    FieldKind,
    Message,
    Tag,
    Ticket,
    TicketEvent,
    TicketField,
)
from ticketing.models.mapping import How, KeptFiles, Moment, RequesterFrom, Source
from ticketing.outbound.recipients import recipients_for
from ticketing.reason_links import setting_url
from ticketing.reason_words import reason_words
from ticketing.remark_words import file_note, message_remarks
from ticketing.services.history import By
from ticketing.services.mail_mapping import CopyInput, MappingInput, set_mapping
from ticketing.services.requesters import choose_requester
from ticketing.templatetags.ticket_events import event_words

pytestmark = pytest.mark.django_db
NEW, UPDATE = Moment.NEW, Moment.UPDATE
ANNA, LIST = "anna@customer.test", "list@fernhollow.test"


@pytest.fixture
def fields(support: Any) -> dict[str, TicketField]:
    """A field of each kind that the tests copy into."""
    kinds = {
        "type": FieldKind.CHOICE,
        "log": FieldKind.LONG_TEXT,
        "who": FieldKind.TEXT,
        "price": FieldKind.NUMBER,
        "parts": FieldKind.CHOICES,
    }
    words = ["Question", "Billing"]
    return {
        key: TicketField.objects.create(key=key, label=key.title(), kind=kind, choices=words)
        for key, kind in kinds.items()
    }


def mapping(mailbox: Any, **choices: Any) -> None:
    """The mailbox has this mapping and else the defaults."""
    set_mapping(mailbox, MappingInput(**choices))


@pytest.mark.both
@pytest.mark.req("S5.6", "S5.47")
def test_new_tickets_have_the_tags_and_values_of_their_mailbox_and_spam_has_none(
    support: Any, fields: dict[str, TicketField]
) -> None:
    Tag.objects.create(name="Invoices")
    mapping(support, tags=["invoices", "New"], values={"type": "Billing", "price": 3})
    receive(support, make_mail(), make_mail(headers=[("X-Spam-Flag", "YES")]))
    good, spam = Ticket.objects.order_by("pk")
    assert good.fields == {"type": "Billing", "price": 3}
    assert sorted(tag.name for tag in good.tags.all()) == ["Invoices", "New"]
    assert (spam.is_spam, spam.fields, spam.tags.count()) == (True, {}, 0)


@pytest.mark.req("S5.47")
def test_a_retired_field_gives_nothing_any_more(support: Any, fields: dict[str, TicketField]) -> None:
    copies = [CopyInput(NEW, Source.SUBJECT, "who")]
    mapping(support, values={"type": "Billing", "price": 3}, copies=copies)
    TicketField.objects.filter(key__in=["price", "who"]).update(is_active=False)
    TicketField.objects.filter(key="type").update(choices=["Question"])
    receive(support, make_mail())
    assert Ticket.objects.get().fields == {}


@pytest.mark.req("S5.43", "S5.44", "S5.45", "S5.50")
@pytest.mark.parametrize(
    ("copy", "value"),
    [
        (CopyInput(NEW, Source.SUBJECT, "who"), "Broken lamp"),
        (CopyInput(NEW, Source.BODY, "log"), "The lamp does not work."),
        (CopyInput(NEW, Source.SENDER_NAME, "who"), "Anna Berg"),
        (CopyInput(NEW, Source.SENDER_ADDRESS, "who"), ANNA),
        (CopyInput(NEW, Source.TO, "who"), "Support <support@fernhollow.test>"),
        (CopyInput(NEW, Source.CC, "who"), "bo@customer.test, Cy <cy@customer.test>"),
        (CopyInput(NEW, Source.HEADER, "price", header="x-price"), 12.5),
        (CopyInput(NEW, Source.HEADER, "parts", header="X-Parts"), ["Question", "Billing"]),
        (CopyInput(NEW, Source.FILES, "log"), "list.csv\nmanual.pdf"),
        (CopyInput(UPDATE, Source.SUBJECT, "who"), None),
        (CopyInput(NEW, Source.IMAGES, "log"), None),
        (CopyInput(NEW, Source.HEADER, "who", header="X-None"), None),
    ],
)
def test_parts_of_a_mail_go_into_fields(
    support: Any, fields: dict[str, TicketField], copy: CopyInput, value: object
) -> None:
    mapping(support, copies=[copy])
    headers = [("Cc", "bo@customer.test, Cy <cy@customer.test>"), ("X-Price", "12.5"), ("X-Parts", "billing; question")]
    files = [("list.csv", b"1,2\n"), ("manual.pdf", b"%PDF-1.4\n")]
    [seen] = receive(support, make_mail(to="Support <support@fernhollow.test>", headers=headers, files=files))
    assert Ticket.objects.get().fields.get(copy.field) == value
    said = f"Mapping of the mailbox: the mail gave {copy.field.title()}." in reason_words(seen)
    assert said is (value is not None)


@pytest.mark.both
@pytest.mark.req("S5.1", "S5.48", "S5.43")
def test_an_answer_is_added_or_replaces_and_the_history_tells(support: Any, fields: dict[str, TicketField]) -> None:
    copies = [
        CopyInput(NEW, Source.BODY, "log"),
        CopyInput(UPDATE, Source.BODY, "log", How.APPEND),
        CopyInput(UPDATE, Source.SUBJECT, "who", How.REPLACE),
    ]
    mapping(support, copies=copies)
    receive(support, make_mail(message_id="first@customer.test", text="One.\n"))
    answer = make_mail(
        answers="first@customer.test", subject="Re: Lamp", text="Two.\n\nOn Monday, Ines wrote:\n> One.\n"
    )
    [seen] = receive(support, answer)
    ticket = Ticket.objects.get()
    assert ticket.fields == {"log": "One.\n\nTwo.", "who": "Re: Lamp"}
    events = TicketEvent.objects.filter(kind=EventKind.FIELD_CHANGED).order_by("position")
    assert [event.data["field"] for event in events] == ["log", "who"]
    assert events[0].cause == "mail"
    assert ticket.last_position == events[1].position
    assert "the mail gave Log, Who" in reason_words(seen)


@pytest.mark.req("S5.43")
def test_what_a_field_does_not_take_leaves_it_as_it_was_and_is_said(
    support: Any, fields: dict[str, TicketField]
) -> None:
    mapping(support, values={"price": 3}, copies=[CopyInput(NEW, Source.SUBJECT, "price")])
    [seen] = receive(support, make_mail())
    assert Ticket.objects.get().fields == {"price": 3}
    assert "no value for its field was Price: “Broken lamp”" in reason_words(seen)
    assert setting_url(support.organization, seen) == f"/o/fernhollow/mapping/{support.pk}/"


@pytest.mark.req("S5.45")
@pytest.mark.parametrize(("how", "requester"), [(RequesterFrom.FROM, "anna"), (RequesterFrom.REPLY_TO, "bo")])
def test_the_requester_stands_in_from_or_in_reply_to(support: Any, how: RequesterFrom, requester: str) -> None:
    mapping(support, requester=how)
    receive(support, make_mail(headers=[("Reply-To", "Bo <bo@customer.test>")]))
    ticket, message = Ticket.objects.get(), Message.objects.get()
    assert [row.address for row in ticket.requester.addresses.all()] == [f"{requester}@customer.test"]
    assert message.from_address == ANNA
    assert any("The requester is Bo <bo@customer.test>" in each for each in message_remarks(message)) is (
        requester == "bo"
    )


@pytest.mark.req("F102")
@pytest.mark.parametrize(
    ("headers", "requester"),
    [
        ([("List-Post", "<mailto:list@fernhollow.test>"), ("X-Original-From", "Anna <anna@customer.test>")], ANNA),
        ([("List-Post", "<mailto:list@fernhollow.test>"), ("Reply-To", ANNA)], ANNA),
        ([("List-Id", "<list.fernhollow.test>"), ("Reply-To", ANNA)], ANNA),
        (
            [("List-Post", "<mailto:list@fernhollow.test>"), ("Reply-To", "list@fernhollow.test")],
            "list@fernhollow.test",
        ),
        ([("Reply-To", ANNA)], "list@fernhollow.test"),  # no list says so
        ([("X-Original-From", ANNA)], "list@fernhollow.test"),
    ],
)
def test_the_writer_behind_a_list_is_the_requester(
    support: Any, headers: list[tuple[str, str]], requester: str
) -> None:
    receive(support, make_mail(sender="Anna via List <list@fernhollow.test>", headers=headers))
    assert [row.address for row in Ticket.objects.get().requester.addresses.all()] == [requester]
    [*remarks] = message_remarks(Message.objects.get())
    is_told = any("mailing list put" in each and f"<{ANNA}>, who wrote to the list" in each for each in remarks)
    assert is_told is (requester == ANNA)


@pytest.mark.both
@pytest.mark.req("F101")
def test_the_writer_of_a_mail_that_an_agent_forwards_is_the_requester_until_somebody_takes_that_back(
    support: Any, people: Any
) -> None:
    agent = people.agent.user.email
    receive(support, make_mail(sender=f"Ines <{agent}>", subject="Fwd: Broken lamp", text=GMAIL))
    ticket, message = Ticket.objects.get(), Message.objects.get()
    assert (ticket.requester_name, Contact.objects.count()) == ("Anna Berg", 1)
    assert [each.address for each in recipients_for(message).to] == [ANNA]
    told = TicketEvent.objects.get(kind=EventKind.REQUESTER_CHANGED)
    assert f"whose mail <b>{agent}</b> forwarded" in event_words(told)
    assert choose_requester(ticket, forwarded=False, by=By(actor=people.agent))
    ticket.refresh_from_db()
    assert [row.address for row in ticket.requester.addresses.all()] == [agent.lower()]
    assert [each.address for each in recipients_for(Message.objects.get()).to] == [agent.lower()]
    assert choose_requester(ticket, forwarded=True, by=By(actor=people.agent))
    assert not choose_requester(ticket, forwarded=True, by=By(actor=people.agent))
    ticket.refresh_from_db()
    assert ticket.requester_name == "Anna Berg"
    assert [each.address for each in recipients_for(Message.objects.get()).to] == [ANNA]


@pytest.mark.parametrize(
    ("sender", "choices", "headers"),
    [
        ("bo@customer.test", {}, []),
        ("", {"unwraps_forwards": False}, []),
        ("", {}, [("In-Reply-To", "<x@y>")]),
    ],
)
def test_others_who_forward_stay_the_requesters(
    support: Any, people: Any, sender: str, choices: dict[str, Any], headers: list[tuple[str, str]]
) -> None:
    mapping(support, **choices)
    sender = sender or people.agent.user.email
    receive(support, make_mail(sender=sender, subject="Fwd: Broken lamp", text=GMAIL, headers=headers))
    assert [row.address for row in Ticket.objects.get().requester.addresses.all()] == [sender.lower()]


@pytest.mark.req("S5.69")
def test_a_new_tickets_subject_has_no_more_prefixes_than_wanted(support: Any) -> None:
    mapping(support, most_prefixes=1)
    receive(support, make_mail(subject="Re: AW: Fwd: Lamp"))
    assert (Ticket.objects.get().subject, Message.objects.get().subject) == ("Re: Lamp", "Re: AW: Fwd: Lamp")


@pytest.mark.both
@pytest.mark.req("S5.46")
@pytest.mark.parametrize(
    ("choices", "kept"),
    [
        ({}, ["a.csv", "b.EXE", "big.bin"]),
        ({"kept_files": KeptFiles.NONE}, []),
        ({"kept_files": KeptFiles.INLINE}, []),
        ({"refused_endings": ["exe"]}, ["a.csv", "big.bin"]),
        ({"max_file_bytes": 1000}, ["a.csv", "b.EXE"]),
        ({"refused_types": ["application/*"]}, []),
        ({"refused_types": ["text/csv"]}, ["b.EXE", "big.bin"]),
        ({"refuses_programs": True}, ["a.csv", "big.bin"]),
    ],
)
def test_files_that_do_not_stay_are_named_with_the_reason(
    support: Any, choices: dict[str, Any], kept: list[str]
) -> None:
    mapping(support, **choices)
    receive(support, make_mail(files=[("a.csv", b"1\n"), ("b.EXE", b"MZ\x00"), ("big.bin", b"x" * 2000)]))
    files = Attachment.objects.order_by("id")
    assert [file.filename for file in files] == ["a.csv", "b.EXE", "big.bin"]
    assert [file.filename for file in files if file.blob_id] == kept
    assert all(file_note(file).startswith("Not kept: ") for file in files if not file.blob_id)


def test_the_mapping_of_one_mailbox_is_not_anothers(support: Any, fields: dict[str, TicketField]) -> None:
    mapping(make_mailbox(support.organization, address="other@fernhollow.test"), values={"price": 3})
    receive(support, make_mail())
    assert Ticket.objects.get().fields == {}


def test_small_images_that_came_before_are_folded_as_the_logos_of_signatures(support: Any) -> None:
    logo, picture = b"\x89PNG\r\n\x1a\n" + b"l" * 900, b"\x89PNG\r\n\x1a\n" + b"p" * 60_000
    files = [("image001.png", logo), ("screenshot.png", logo + b"s"), ("image002.png", picture)]
    receive(support, make_mail(files=files), make_mail(files=files))
    notes = Attachment.objects.order_by("id").values_list("filename", "note_code")
    assert list(notes)[:3] == [("image001.png", ""), ("screenshot.png", ""), ("image002.png", "")]
    assert list(notes)[3:] == [("image001.png", "repeated_image"), ("screenshot.png", ""), ("image002.png", "")]
    assert Attachment.objects.filter(blob=None).count() == 0
