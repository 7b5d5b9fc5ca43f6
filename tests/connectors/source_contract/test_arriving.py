"""A connection test finds its mail again on each kind."""

from __future__ import annotations

import pytest

from mailboxes.diagnosis.arriving import arrival_in
from tests.connectors.source_contract.asking import each_kind, flags, mail
from tests.connectors.worlds import SourceWorld

pytestmark = [pytest.mark.servers, pytest.mark.req("S3.11")]
SENT = b"X-Postroom-Check: a1.b2.c3\r\n" + mail(1)
# Both the header and the Message-ID are gone, and the subject is written anew.
REWORDED = b"=?utf-8?q?Pr=C3=BCfung_=5Bpostroom-check=3Aa1=2Eb2=2Ec3=5D?="
STRIPPED = mail(1).replace(b"m1@", b"x@").replace(b"number 1", REWORDED)


@each_kind
@pytest.mark.parametrize(
    "arrived",
    [
        mail(1),
        SENT.replace(b"m1@", b"rewritten@"),
        SENT.replace(b"X-Postroom-Check: ", b"x-postroom-check:\r\n "),
        STRIPPED,
    ],
    ids=["by its Message-ID", "by its mark", "by both", "by its subject"],
)
def test_a_test_mail_is_known_when_it_comes_and_stays_unread(world: SourceWorld, arrived: bytes) -> None:
    has_arrived = arrival_in(world.source())
    world.deliver(SENT.replace(b"m1@", b"m2@").replace(b"a1", b"a2"))
    assert not has_arrived(SENT)
    world.deliver(arrived)
    assert has_arrived(SENT)
    assert [flags(stored) for stored in world.messages()] == [set(), set()]


@each_kind
def test_mail_without_either_is_never_taken_for_it(world: SourceWorld) -> None:
    world.deliver(b"Subject: nothing\r\n\r\nX-Postroom-Check: a1.b2.c3\r\nMessage-ID: <m1@x.example>\r\n")
    assert not arrival_in(world.source())(SENT)
    assert not arrival_in(world.source())(b"Subject: nothing\r\n\r\n")
