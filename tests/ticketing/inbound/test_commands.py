"""inbound_log and thread_emails, as scripts call them."""

from __future__ import annotations

import hashlib
import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import FileSystemStorage, default_storage
from django.core.management import CommandError, call_command
from django.db import connection

from mailboxes.models import RemoteMessage
from tests.factories.incoming import make_mail, receive, store
from ticketing.inbound.rehearsal import thread_mails
from ticketing.models import Message
from ticketing.queries.inbound_log import LOG_ORDER, LogFilter, log_rows

pytestmark = [pytest.mark.django_db, pytest.mark.both]


def lines(*arguments: Any) -> list[dict[str, Any]]:
    """What `inbound_log` prints for fernhollow."""
    out = StringIO()
    call_command("inbound_log", "--organization", "fernhollow", *arguments, stdout=out)
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_the_log_prints_one_line_a_message_in_the_order_of_arrival(support: Any) -> None:
    mail = make_mail(subject="Lamp", message_id="one@x.test", files=[("a.pdf", b"abc")])
    receive(support, mail, make_mail(subject="Re: Lamp", answers="one@x.test"))
    first, second = lines()
    assert first == {
        "remote_id": RemoteMessage.objects.order_by("id")[0].remote_id,
        "message_id": "one@x.test",
        "subject": "Lamp",
        "sha256": hashlib.sha256(mail).hexdigest(),
        "outcome": "created",
        "reason": "New mail: nothing in it leads to a ticket.",
        "ticket": 1,
        "attachments": [{"filename": "a.pdf", "sha256": hashlib.sha256(b"abc").hexdigest(), "size": 3}],
    }
    assert (second["outcome"], second["ticket"]) == ("added", 1)


def test_the_log_prints_text_when_asked(support: Any) -> None:
    receive(support, make_mail(text="Grüße\n"))
    assert lines("--text")[0]["text"] == "Grüße"


def test_the_log_leaves_out_what_was_seen_again(support: Any) -> None:
    (seen,) = receive(support, make_mail())
    RemoteMessage.objects.create(
        mailbox=support,
        source_generation=1,
        folder="INBOX",
        epoch="2",
        remote_id="1",
        seen_at=seen.seen_at,
        raw=seen.raw,
        resighting_of=seen,
    )
    assert len(lines()) == 1


def test_the_log_of_one_mailbox_leaves_out_the_others(support: Any) -> None:
    from tests.factories.outgoing import make_mailbox

    sales = make_mailbox(address="sales@fernhollow.test")
    receive(support, make_mail(subject="one"))
    receive(sales, make_mail(subject="two"))
    assert [line["subject"] for line in lines("--mailbox", str(sales.id))] == ["two"]


def test_what_waits_is_in_the_log(support: Any) -> None:
    store(support, make_mail())
    assert lines()[0]["outcome"] == "pending"


@pytest.mark.parametrize(
    "arguments", [["--organization", "nobody"], ["--organization", "fernhollow", "--mailbox", "0"]]
)
def test_what_does_not_exist_is_one_clear_line(support: Any, arguments: list[str]) -> None:
    with pytest.raises(CommandError, match="no "):
        call_command("inbound_log", *arguments)


def test_the_rows_of_the_log_page_are_filtered_and_carry_the_ticket_number(support: Any) -> None:
    receive(support, make_mail(subject="Lamp"), make_mail(subject="Tent", headers=[("Auto-Submitted", "auto-replied")]))
    found = log_rows(LogFilter(outcome="created", mailbox_id=support.id, text="lam")).order_by(*LOG_ORDER)
    assert [(row.subject, row.ticket_number) for row in found] == [("Lamp", 1)]  # type: ignore[attr-defined]  # annotated


def write(folder: Path, *mails: bytes) -> list[str]:
    """The mails as files; gives their names in order."""
    names = []
    for number, mail in enumerate(mails):
        (folder / f"{number}.eml").write_bytes(mail)
        names.append(str(folder / f"{number}.eml"))
    return names


def test_thread_emails_groups_by_ticket_and_leaves_nothing_behind(support: Any, tmp_path: Path) -> None:
    mails = write(
        tmp_path,
        make_mail(message_id="a@x.test"),
        make_mail(answers="a@x.test", files=[("a.pdf", b"left nowhere")]),
        make_mail(message_id="other@x.test"),
        make_mail(answers="a@x.test", headers=[("Auto-Submitted", "auto-replied")]),
        b"\x00 no mail at all",
    )
    out = StringIO()
    before = connection.vendor
    call_command("thread_emails", *mails, stdout=out)
    assert json.loads(out.getvalue()) == {"threads": [[0, 1, 3], [2], [4]]}
    assert not Message.objects.exists()
    assert connection.vendor == before
    assert isinstance(default_storage._wrapped, FileSystemStorage)  # type: ignore[attr-defined]  # a LazyObject


def test_many_mails_of_one_sender_are_threaded_and_stopped_as_no_loop(db: None) -> None:
    many = [make_mail(message_id=f"{number}@x.test", subject=f"Question {number}") for number in range(42)]
    answer = make_mail(answers="41@x.test", subject="Re: Question 41")
    assert thread_mails([*many, answer]) == [*([number] for number in range(41)), [41, 42]]


def test_thread_emails_names_the_file_it_cannot_read(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"gone\.eml"):
        call_command("thread_emails", str(tmp_path / "gone.eml"))
