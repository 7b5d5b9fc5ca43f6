"""An index for search that fails costs no mail and holds none up: the message comes in, says so, and is found later."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection

from helpdesk.lib import clock
from helpdesk.tenancy import drains
from helpdesk.tenancy.models import WorkItem, WorkKind
from mailboxes.models import Outcome
from tests.factories.incoming import make_mail, process_due, receive, receive_head, store_rest
from tests.factories.tickets import add_message
from ticketing.models import KeptRemark, Message, SearchDocument, Ticket
from ticketing.queries.search import find_ticket_ids
from ticketing.remark_words import message_remarks
from ticketing.services.search import AGAIN_AFTER, index_message

pytestmark = [pytest.mark.django_db, pytest.mark.both, pytest.mark.req("F30")]
MISSING = "Search does not find this message yet"


@contextmanager
def broken_index() -> Iterator[None]:
    """Inside the block the database takes no words for search."""

    def refuse(execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Any) -> Any:
        text = sql.decode("utf-8", "replace") if isinstance(sql, bytes) else sql
        if "ticketing_searchdocument" in text and ("INSERT" in text or "UPDATE" in text):
            raise DatabaseError("word is too long")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(refuse):
        yield


def later() -> None:
    """What is due by then was done."""
    with clock.held_at(clock.now() + AGAIN_AFTER + timedelta(seconds=5)):
        drains.drain_now(WorkKind.INDEX)


def test_a_mail_comes_in_at_once_says_so_and_is_found_later(support: Any) -> None:
    with broken_index():
        (seen,) = receive(support, make_mail(subject="Lighthouse", files=[("keeper.txt", b"x")]))
    message = Message.objects.get()
    assert (seen.outcome, message.ticket.pk) == (Outcome.CREATED, seen.ticket_id)
    assert MISSING in " ".join(message_remarks(message))
    assert find_ticket_ids("lighthouse") == []
    later()
    message.refresh_from_db()
    assert [find_ticket_ids(word) for word in ("lighthouse", "keeper", "anna")] == [[seen.ticket_id]] * 3
    assert KeptRemark.NOT_INDEXED not in str(message.remarks)
    assert not WorkItem.objects.filter(kind=WorkKind.INDEX).exists()


def test_while_it_stays_broken_it_is_tried_again_and_nothing_is_lost(support: Any) -> None:
    with broken_index():
        receive(support, make_mail(subject="Lighthouse"))
        later()
    item = WorkItem.objects.get(kind=WorkKind.INDEX)
    assert item.broke_times == 1
    assert KeptRemark.NOT_INDEXED in str(Message.objects.get().remarks)


def test_the_whole_of_a_large_mail_completes_its_message_all_the_same(support: Any) -> None:
    mail = make_mail(subject="Huge", text="Zanzibar.\n")
    head = receive_head(support, mail)
    store_rest(head, mail)
    with broken_index():
        process_due()
    assert Message.objects.get().text.strip() == "Zanzibar."
    later()
    assert find_ticket_ids("zanzibar") == [Ticket.objects.get().pk]


def test_a_mail_that_fails_by_itself_is_no_fault_of_the_index(support: Any, monkeypatch: Any) -> None:
    from ticketing.inbound import process

    passes: list[object] = []

    def fail(*arguments: object) -> None:
        passes.append(arguments)
        raise ZeroDivisionError

    monkeypatch.setattr(process, "decide", fail)
    (seen,) = receive(support, make_mail())
    assert (seen.outcome, Message.objects.count(), WorkItem.objects.get().kind) == (Outcome.PENDING, 0, "process")
    assert len(passes) == 1


def test_what_people_write_here_is_kept_as_well(support: Any) -> None:
    receive(support, make_mail())
    ticket = Ticket.objects.get()
    message = add_message(ticket)
    SearchDocument.objects.filter(message=message).delete()
    with broken_index():
        index_message(ticket_id=ticket.pk, message_id=message.pk, texts=["lighthouse"])
    message.refresh_from_db()
    assert message.remarks == [{"code": "not_indexed"}]
    later()
    assert SearchDocument.objects.filter(message=message).exists()
