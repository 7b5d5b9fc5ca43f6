"""A mail on an old thread with a subject of its own is noticed, and ordinary answers are not."""

from __future__ import annotations

from typing import Any

import pytest

from ticketing.models import Message, MessageKind, ThreadReason
from ticketing.queries.subject_changes import with_other_subject

pytestmark = pytest.mark.req("F78")


def answer(number: int, subject: str, **values: Any) -> Message:
    usual = {"kind": MessageKind.INBOUND, "thread_reason": ThreadReason.REFERENCE}
    return Message(pk=number, subject=subject, **(usual | values))


FIRST = answer(1, "Broken lamp", thread_reason=ThreadReason.NEW)
OURS = {"kind": MessageKind.OUTBOUND, "thread_reason": ThreadReason.WRITTEN_HERE}
CASES = [
    pytest.param([answer(2, "Where is my invoice?")], {2}, id="something else"),
    pytest.param([answer(2, "AW: Re: Broken  LAMP [#7]")], set(), id="an ordinary answer"),
    pytest.param([answer(2, "[EXTERNAL] Re: Broken lamp")], set(), id="a server put words before it"),
    pytest.param([answer(2, "Re: Broken")], set(), id="a program cut it"),
    pytest.param([answer(2, "")], set(), id="none"),
    pytest.param([answer(2, "The invoice"), answer(3, "Re: The invoice")], {2}, id="named once"),
    pytest.param([answer(2, "The invoice"), answer(3, "Re: The invoice", **OURS)], set(), id="answered since"),
    pytest.param([answer(2, "Out of office", is_automatic=True)], set(), id="no person wrote it"),
    pytest.param([answer(2, "The invoice", thread_reason=ThreadReason.JOINED)], set(), id="a person put it there"),
    pytest.param([answer(2, "The invoice", kind=MessageKind.NOTE)], set(), id="a note"),
]


@pytest.mark.parametrize(("later", "found"), CASES)
def test_a_subject_like_none_before_is_noticed_once(later: list[Message], found: set[int]) -> None:
    assert with_other_subject([FIRST, *later], subject="Broken lamp") == found


def test_a_ticket_that_was_renamed_still_knows_its_first_subject() -> None:
    assert with_other_subject([FIRST, answer(2, "Re: Broken lamp")], subject="Lamp of Ms Berg") == set()
