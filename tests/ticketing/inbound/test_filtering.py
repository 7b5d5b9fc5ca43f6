"""What an entry of a filter matches, and what nearly does."""

from __future__ import annotations

import pytest

from ticketing.inbound import filtering
from ticketing.inbound.filtering import Entry, Filtered, compile_filter, even
from ticketing.models.filters import EntryKind, FilterMode

MAIL = Filtered(
    sender="anna@mail.customer.test",
    subject="RE: Out of  Office until Monday",
    text="The category you asked\nfor is closed.\nStraße 5",
    headers=(("X-Mailer", "Shop Robot 2.1"), ("List-Id", "<news.customer.test>")),
)


def hits(kind: EntryKind, value: str, *, header: str = "", mail: Filtered = MAIL) -> str:
    """Where this one entry matches; "" if nowhere."""
    hit = compile_filter(FilterMode.IGNORE, [Entry(kind, value, header)]).hit(mail)
    return hit.place if hit else ""


@pytest.mark.req("S4.38", "S4.39", "S4.40")
@pytest.mark.parametrize(
    ("kind", "value", "place"),
    [
        (EntryKind.ADDRESS, "anna@mail.customer.test", "sender"),
        (EntryKind.ADDRESS, "nna@mail.customer.test", ""),
        (EntryKind.DOMAIN, "mail.customer.test", "sender"),
        (EntryKind.DOMAIN, "customer.test", ""),
        (EntryKind.SUBDOMAINS, "customer.test", "sender"),
        (EntryKind.SUBDOMAINS, "mail.customer.test", "sender"),
        (EntryKind.SUBDOMAINS, "tomer.test", ""),
        (EntryKind.SUBDOMAINS, "test", ""),
        (EntryKind.WORDS, "out of office", "subject"),
        (EntryKind.WORDS, "category you asked for", "body"),
        (EntryKind.WORDS, "strasse 5", "body"),
        (EntryKind.WORDS, "cat", ""),
        (EntryKind.WORDS, "cat*", "body"),
        (EntryKind.WORDS, "*gory", "body"),
        (EntryKind.WORDS, "gory", ""),
        (EntryKind.WORDS, "*", ""),
        (EntryKind.ADDRESS, "anna+shop@mail.customer.test", ""),
    ],
)
def test_entries_match_what_they_name_and_no_more(kind: EntryKind, value: str, place: str) -> None:
    assert hits(kind, value) == place


@pytest.mark.parametrize(
    ("header", "value", "place"),
    [
        ("x-mailer", "shop robot", "header"),
        ("x-mailer", "robots", ""),
        ("list-id", "", "header"),
        ("list-post", "", ""),
    ],
)
def test_a_header_is_there_or_holds_words(header: str, value: str, place: str) -> None:
    assert hits(EntryKind.HEADER, value, header=header) == place


def test_a_mail_without_sender_matches_no_address() -> None:
    nobody = Filtered(sender="", subject="", text="", headers=())
    entries = [Entry(EntryKind.ADDRESS, "a@b.test"), Entry(EntryKind.SUBDOMAINS, "b.test")]
    assert compile_filter(FilterMode.IGNORE, entries).hit(nobody) is None


def test_accepting_everything_keeps_entries_but_asks_none() -> None:
    assert compile_filter(FilterMode.EVERYTHING, [Entry(EntryKind.WORDS, "office")]).hit(MAIL) is None


@pytest.mark.parametrize(
    ("kind", "value", "sender"),
    [
        (EntryKind.ADDRESS, "anna@customer.test", "anna+shop@customer.test"),
        (EntryKind.ADDRESS, "anna+shop@customer.test", "anna+shop@customer.test"),
        (EntryKind.ADDRESS, "anna@b\u00fccher.example", "anna@xn--bcher-kva.example"),
        (EntryKind.DOMAIN, "xn--bcher-kva.example", "anna@b\u00fccher.example"),
        (EntryKind.SUBDOMAINS, "b\u00fccher.example", "anna@shop.xn--bcher-kva.example"),
    ],
)
def test_tags_behind_a_plus_and_both_ways_of_writing_a_domain_are_the_same(
    kind: EntryKind, value: str, sender: str
) -> None:
    assert hits(kind, value, mail=Filtered(sender=sender, subject="", text="")) == "sender"


@pytest.mark.parametrize(
    ("words", "text", "is_there"),
    [
        ("\u81ea\u52d5\u8fd4\u4fe1", "\u3053\u308c\u306f\u81ea\u52d5\u8fd4\u4fe1\u3067\u3059\u3002", True),
        ("caf\u00e9", "A cafe\u0301 nearby", True),
        ("auto-reply", "this is an auto-reply.", True),
        ("auto-reply", "this is an auto-replyer", False),
        ("auto*", "autoreply", True),
        ("*out of office*", "layout of officers", True),
        ("*out of office", "layout of officers", False),
        ("!!!", "win!!!now", True),
    ],
)
def test_words_of_any_script_are_found_whole(words: str, text: str, *, is_there: bool) -> None:
    assert bool(hits(EntryKind.WORDS, even(words), mail=Filtered(sender="", subject="", text=text))) is is_there


def test_of_thousands_of_words_only_those_are_looked_for_that_the_mail_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    look = filtering.has_words
    monkeypatch.setattr(filtering, "has_words", lambda words, text: asked.append(words) or look(words, text))
    entries = [Entry(EntryKind.WORDS, f"offer number{n}") for n in range(5000)]
    tried = compile_filter(FilterMode.IGNORE, entries)
    hit = tried.hit(Filtered(sender="", subject="Offer  NUMBER4711", text="number12 of our offers " * 1000))
    assert hit is not None
    assert (hit.entry.value, asked) == ("offer number4711", ["offer number4711"])
