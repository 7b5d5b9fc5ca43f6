"""The folder where a provider puts spam: looked into for one sender, and left as it was."""

from __future__ import annotations

from datetime import timedelta

import pytest

from helpdesk.lib import clock
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.connectors.junk import MAX_FOUND, JunkQuery
from tests.connectors.source_contract.asking import BRIEF, flags, kinds, with_junk
from tests.connectors.worlds import SourceWorld
from tests.servers.fixtures import Proxies

pytestmark = [pytest.mark.servers, pytest.mark.req("S4.64")]
DAY = timedelta(days=1)
AMARA = "amara@larkmoor.example"


def letter(sender: str, subject: str = "Where is it?") -> bytes:
    return f"From: Amara <{sender}>\r\nSubject: {subject}\r\n\r\nhello\r\n".encode()


def asked(sender: str = AMARA, *, ago: timedelta = timedelta()) -> JunkQuery:
    moment = clock.now() - ago
    return JunkQuery(sender, since=moment - DAY, before=moment + DAY)


@with_junk
def test_the_senders_mails_are_found_the_newest_first_and_nothing_is_marked(world: SourceWorld) -> None:
    for sender in (AMARA, f"x{AMARA}", "spam@elsewhere.example"):
        world.deliver(letter(sender), folder="Junk")
    world.deliver(letter(AMARA, "It is in the inbox"))
    world.deliver(letter(AMARA.upper(), "And again"), folder="Junk")
    found = world.source().find_in_junk(asked())
    assert (found.folder, found.has_more) == ("Junk", False)
    assert [mail.subject for mail in found.mails] == ["And again", "Where is it?"]
    assert all(abs(mail.received_at - clock.now()) < DAY for mail in found.mails if mail.received_at)
    assert [flags(stored) for stored in world.messages("Junk")] == [set()] * 4


@with_junk
def test_of_many_the_newest_are_told_and_of_other_days_none(world: SourceWorld) -> None:
    for _ in range(MAX_FOUND + 2):
        world.deliver(letter(AMARA), folder="Junk")
    found = world.source().find_in_junk(asked())
    assert (len(found.mails), found.has_more) == (MAX_FOUND, True)
    assert world.source().find_in_junk(asked(ago=3 * DAY)).mails == ()


@with_junk
def test_a_sender_of_other_letters_is_found_however_the_mail_spells_it(world: SourceWorld) -> None:
    world.deliver(letter("kunde@xn--bcher-kva.example"), folder="Junk")
    world.deliver(letter("über@bücher.example"), folder="Junk")
    assert len(world.source().find_in_junk(asked("Kunde@Bücher.example")).mails) == 1
    assert len(world.source().find_in_junk(asked("O'Hara\"x@bücher.example")).mails) == 0


@with_junk
@pytest.mark.parametrize("sender", ["a@b.example\r\nA1 DELETE INBOX", "a\0@b.example", "nobody", "@b.example"])
def test_what_is_no_address_is_refused_before_anybody_is_asked(world: SourceWorld, sender: str) -> None:
    with pytest.raises(ConnectorError) as error:
        world.source(port=1).find_in_junk(asked(sender))
    assert error.value.reason is Reason.BAD_ARGUMENT


@with_junk
def test_a_server_that_asks_to_wait_says_for_how_long_here_too(world: SourceWorld) -> None:
    with world.throttling() as source, pytest.raises(ConnectorError) as error:
        source.find_in_junk(asked())
    assert (error.value.reason, error.value.retry_after_s) == (Reason.THROTTLED, 7)


@with_junk
def test_a_refused_sign_in_and_a_silent_server_are_said(world: SourceWorld, tcp_proxy: Proxies) -> None:
    with pytest.raises(ConnectorError) as refused:
        world.source(password="wrong").find_in_junk(asked())
    assert refused.value.reason is Reason.LOGIN_REFUSED
    proxy = tcp_proxy(world.port)
    proxy.fail("stall", after_bytes=0)
    with pytest.raises(ConnectorError) as silent:
        world.source(port=proxy.port, timeouts=BRIEF).find_in_junk(asked())
    assert silent.value.permanent is False


@kinds(lambda traits: not traits.has_junk)
def test_a_kind_without_folders_has_none_for_spam(world: SourceWorld) -> None:
    with pytest.raises(ConnectorError) as error:
        world.source().find_in_junk(asked())
    assert error.value.reason is Reason.FOLDER_NOT_FOUND
