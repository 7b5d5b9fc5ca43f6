"""Two hundred mails in flight, and the proof that each arrived once."""

from __future__ import annotations

import hashlib
from itertools import count
from typing import Any

from tests.faults.harness import PASSWORD, Installation

MAILS = 200
_users = count(1)


def mails(number: int = MAILS) -> list[bytes]:
    """Mails of different sizes; every tenth has the Message-ID of its neighbour, but other content."""
    return [
        f"From: a{n}@example.org\r\nSubject: {n}\r\nMessage-ID: <{n - (n % 10 == 0)}@example.org>\r\n\r\n".encode()
        + f"Line {n}\r\n".encode() * (n * 7 % 300)
        for n in range(1, number + 1)
    ]


def filled_account(dovecot: Any, *, number: int = MAILS) -> str:
    """A new user whose inbox holds the mails."""
    user = empty_account(dovecot)
    fill(dovecot, user, number=number)
    return user


def empty_account(dovecot: Any) -> str:
    """A new user without mail."""
    user = f"flight{next(_users)}"
    dovecot.add_user(user, PASSWORD)
    return user


def fill(dovecot: Any, user: str, *, number: int) -> None:
    """The mails are in the user's inbox."""
    for raw in mails(number):
        dovecot.deliver(user, raw)


def assert_all_there_once(installation: Installation, mailbox_id: int, *, number: int = MAILS) -> None:
    """Every mail is stored once and due to be processed."""
    raw_ids = assert_stored_once(installation, mailbox_id, number=number)
    due = installation.rows("SELECT row_id FROM tenancy_workitem WHERE kind = 'process'")
    assert raw_ids <= {row_id for (row_id,) in due}


def assert_stored_once(installation: Installation, mailbox_id: int, *, number: int) -> set[int]:
    """Every mail is in the mailbox's ledger once, its bytes in storage; gives the ids of the stored mails."""
    raws = installation.rows(
        "SELECT id, sha256, storage_key FROM mailboxes_rawmessage WHERE mailbox_id = %s", mailbox_id
    )
    expected = [hashlib.sha256(raw).hexdigest() for raw in mails(number)]
    assert sorted(sha256 for _, sha256, _ in raws) == sorted(expected)
    on_disk = [hashlib.sha256((installation.files / key).read_bytes()).hexdigest() for *_, key in raws]
    assert on_disk == [sha256 for _, sha256, _ in raws]
    raw_ids = {raw_id for raw_id, *_ in raws}
    sightings = installation.rows("SELECT raw_id FROM mailboxes_remotemessage WHERE mailbox_id = %s", mailbox_id)
    assert {raw_id for (raw_id,) in sightings} == raw_ids
    assert len(sightings) == number
    return raw_ids
