"""The author of a forwarded mail is read from the top-most inserted header."""

import pytest

from ticketing.mail.forwarding import forwarded_author
from ticketing.mail.values import Address, ParsedMail

BOB = Address("Bob", "bob@other.example")


@pytest.mark.req("F101")
@pytest.mark.parametrize(
    ("text", "author"),
    [
        ("fyi\n\n---------- Forwarded message ---------\nFrom: Bob <bob@other.example>\nDate: x\nTo: y\n\nold", BOB),
        ("fyi\n\nVon: Bob <bob@other.example>\nGesendet: Montag\nAn: y\n\nVon: Eve <eve@x.example>\nGesendet: x", BOB),
        ("fyi\n\n*From:* Bob <bob@other.example>\n*Sent:* Monday\n", BOB),
        ("fyi\n\n-----Original Message-----\nFrom: Bob\nSent: x\n", None),
        ("fyi\n\n-----Original Message-----\nno header\n", None),
        ("On Mon, 2 Mar 2026 Bob <bob@other.example> wrote:\n> old", None),
        ("nothing forwarded", None),
    ],
)
def test_top_most_author_of_an_inserted_mail(text: str, author: Address | None) -> None:
    assert forwarded_author(ParsedMail(text=text)) == author
