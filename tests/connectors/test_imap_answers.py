"""What servers answer is read message by message, and no answer breaks the reading."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailboxes.connectors.base import FolderInfo
from mailboxes.connectors.imap_answers import fetched_texts, listed_items, searched_ids, uid_set
from mailboxes.connectors.imap_folders import folder_info, sent_folder

PIECES = st.lists(
    st.sampled_from(
        [b"1 (", b"UID 7 ", b"UID x ", b"BODY[] ", b"NIL", b'"', b"{3}", b")", b"(", b"[", b"]", b"\\", b"\xff"]
    )
)
LINES = st.one_of(st.binary(max_size=60), PIECES.map(b"".join))
ANSWERS = st.lists(st.one_of(LINES, st.tuples(LINES, st.binary(max_size=9))))


@settings(deadline=None)
@given(ANSWERS)
def test_no_answer_breaks_the_reading(answers: list[bytes | tuple[bytes, bytes]]) -> None:
    listed_items(answers)
    fetched_texts(answers, wanted=b"BODY[]")
    searched_ids(answers)


@settings(deadline=None)
@given(ANSWERS)
def test_a_good_answer_among_bad_ones_is_read(answers: list[bytes | tuple[bytes, bytes]]) -> None:
    closed = [*answers, b")"]  # whatever came before is over
    good: list[bytes | tuple[bytes, bytes]] = [(b"4 (UID 4711 BODY[] {2}", b"hi"), b")"]
    assert fetched_texts([*closed, *good], wanted=b"BODY[]")[4711] == b"hi"


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        ([(b"1 (UID 7 BODY[] {2}", b"hi"), b")"], b"hi"),
        ([(b"1 (BODY[] {2}", b"hi"), b" UID 7)"], b"hi"),
        ([(b"1 (FLAGS (\\Seen) UID 7 BODY[] {2}", b"hi"), b" MODSEQ (12))"], b"hi"),
        ([(b"1 (uid 7 body[] {2}", b"hi"), b")"], b"hi"),
        ([b'1 (UID 7 BODY[] "hi")'], b"hi"),
        ([b'1 (UID 7 BODY[] "123")'], b"123"),
        ([b'1 (UID 7 BODY[] "")'], b""),
        ([b"1 (UID 7 BODY[] NIL)"], None),
    ],
)
def test_a_text_comes_in_many_forms(answer: list[bytes | tuple[bytes, bytes]], text: bytes | None) -> None:
    assert fetched_texts(answer, wanted=b"BODY[]") == {7: text}


def test_sizes_and_dates_are_read_in_any_order() -> None:
    [item] = listed_items([b'9 (INTERNALDATE " 7-Feb-2026 23:30:00 -0200" RFC822.SIZE 5 FLAGS () UID 7)']).values()
    assert (item.remote_id, item.size_bytes) == ("7", 5)
    assert item.received_at == datetime.datetime(2026, 2, 8, 1, 30, tzinfo=datetime.UTC)


@pytest.mark.req("F17", "F19")
@pytest.mark.parametrize("date", [b"", b"nonsense", b"32-Feb-2026 25:61:00 +0000", b"01-Jan-0000 00:00:00 +9999"])
def test_a_date_that_is_none_is_none(date: bytes) -> None:
    [item] = listed_items([b'9 (UID 7 RFC822.SIZE 5 INTERNALDATE "' + date + b'")']).values()
    assert item.received_at is None


def test_search_answers_may_come_in_pieces_and_with_more() -> None:
    assert searched_ids([b"3 1", b"2 2 (MODSEQ 917)", b"", b"0 99999999999 x -4"]) == [1, 2, 3]


@settings(deadline=None)
@given(st.sets(st.integers(1, 300), min_size=1))
def test_a_set_of_ids_names_exactly_these(uids: set[int]) -> None:
    named: list[int] = []
    for part in uid_set(sorted(uids)).split(","):
        first, _, last = part.partition(":")
        named.extend(range(int(first), int(last or first) + 1))
    assert named == sorted(uids)


@pytest.mark.req("F108")
@pytest.mark.parametrize(
    ("folders", "found"),
    [
        ([("INBOX", ""), ("Ablage", "sent"), ("Sent", "")], "Ablage"),
        ([("INBOX", ""), ("INBOX.Sent", "")], "INBOX.Sent"),
        ([("INBOX", ""), ("Sent Items", "")], "Sent Items"),
        ([("INBOX", ""), ("Gesendete Objekte", "")], "Gesendete Objekte"),
        ([("INBOX", ""), ("ÉLÉMENTS ENVOYÉS", "")], "ÉLÉMENTS ENVOYÉS"),
        ([("Archive.2020.Sent", ""), ("Sent", "")], "Sent"),
        ([("INBOX", ""), ("Presentations", "")], None),
        ([], None),
    ],
)
def test_the_sent_folder_is_found_by_use_then_by_name(folders: list[tuple[str, str]], found: str | None) -> None:
    chosen = sent_folder([FolderInfo(name=name, delimiter=".", special_use=use) for name, use in folders])
    assert (chosen.name if chosen else None) == found


def test_a_folder_that_cannot_be_opened_is_not_the_sent_folder() -> None:
    sent = folder_info((b"\\Noselect", b"\\Sent"), b".", "Sent")
    assert (sent.special_use, sent.selectable) == ("sent", False)
    assert sent_folder([sent]) is None
