"""Subjects of answers stay tidy however long the thread is."""

from __future__ import annotations

import pytest

from ticketing.mail.subjects import answer_subject, bare_subject, forward_subject, limit_prefixes


@pytest.mark.parametrize(
    ("subject", "bare"),
    [
        ("Printer", "Printer"),
        ("Re: Printer", "Printer"),
        ("RE: AW: Re[3]: Fwd: Printer", "Printer"),
        ("Antw: SV: Printer [#12]", "Printer"),
        ("[#12] Re: [#12] Printer", "Printer"),
        ("回复：打印机", "打印机"),
        ("Report: Printer", "Report: Printer"),
        ("Re:", ""),
        ("Re: a\r\nBcc: b", "a Bcc: b"),
    ],
)
def test_prefixes_and_tags_are_taken_off(subject: str, bare: str) -> None:
    assert bare_subject(subject) == bare


@pytest.mark.req("S5.69")
def test_answering_an_answer_adds_nothing() -> None:
    once = answer_subject("Printer", tag="[#12]")
    assert once == "Re: Printer [#12]"
    assert answer_subject(answer_subject(once, tag="[#12]"), tag="[#12]") == once


def test_a_forward_says_so() -> None:
    assert forward_subject("Re: Printer [#12]", tag="[#12]") == "Fwd: Printer [#12]"


def test_the_tag_survives_an_endless_subject() -> None:
    subject = answer_subject("x" * 1000, tag="[#12]")
    assert (len(subject), subject[-6:]) == (400, " [#12]")


@pytest.mark.req("S5.69")
@pytest.mark.parametrize(
    ("subject", "most", "limited"),
    [
        ("Re: AW: Fwd: Printer", 1, "Re: Printer"),
        ("Re: AW: Fwd: Printer", 0, "Printer"),
        ("Re:  AW:Fwd: Printer", 2, "Re: AW: Printer"),
        ("Re: AW:  Printer", 2, "Re: AW:  Printer"),
        ("Report: Re: Printer", 0, "Report: Re: Printer"),
        ("Re: Re:", 1, "Re:"),
        ("", 0, ""),
    ],
)
def test_prefixes_beyond_a_number_are_taken_off(subject: str, most: int, limited: str) -> None:
    assert limit_prefixes(subject, most=most) == limited
