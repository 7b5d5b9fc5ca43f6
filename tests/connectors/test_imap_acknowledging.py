"""Messages are marked, moved and deleted at IMAP servers that cannot do all of it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mailboxes.connectors.base import AfterImport
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.connectors.imap import ImapSource
from tests.connectors.configs import imap
from tests.connectors.imap_scripts import ITEMS, alone, body, outcomes
from tests.connectors.scripted import ScriptedImap


@pytest.mark.req("F46", "F47")
def test_without_move_a_copy_is_made_once_whatever_fails_later(serve: Callable[..., ScriptedImap]) -> None:
    server = serve({
        "CAPABILITY": b"* CAPABILITY IMAP4rev1 UIDPLUS\r\n",
        "UID EXPUNGE": [b"TAG NO [INUSE] not now\r\n", b""],
        "UID SEARCH UID 2 KEYWORD": [b"* SEARCH\r\n", b"* SEARCH 2\r\n"],
    })  # fmt: skip
    with ImapSource(imap(server.port)).open(writable=True) as session:
        first = session.acknowledge(["2"], action=AfterImport.MOVE, folder="Done")["2"]
        second = session.acknowledge(["2"], action=AfterImport.MOVE, folder="Done")["2"]
    assert first is not None
    assert second is None
    assert server.sent("UID COPY") == ['UID COPY 2 "Done"']
    assert server.sent("UID EXPUNGE") == ["UID EXPUNGE 2"] * 2


def test_a_copy_whose_original_cannot_be_marked_is_not_repeated(serve: Callable[..., ScriptedImap]) -> None:
    server = serve({"CAPABILITY": b"* CAPABILITY IMAP4rev1 UIDPLUS\r\n", "UID STORE": b"TAG NO [NOPERM] no\r\n"})
    with ImapSource(imap(server.port)).open(writable=True) as session:
        error = session.acknowledge(["2"], action=AfterImport.MOVE, folder="Done")["2"]
    assert error is not None
    assert (error.reason, error.permanent) == (Reason.NOT_EXPUNGED, True)


def test_without_uidplus_a_deleted_message_stays_marked_and_says_so(serve: Callable[..., ScriptedImap]) -> None:
    server = serve({"CAPABILITY": b"* CAPABILITY IMAP4rev1\r\n"})
    with ImapSource(imap(server.port)).open(writable=True) as session:
        error = session.acknowledge(["2"], action=AfterImport.DELETE)["2"]
    assert error is not None
    assert error.reason is Reason.NOT_EXPUNGED
    assert server.sent("UID STORE") == ["UID STORE 2 +FLAGS.SILENT (\\Deleted)"]
    assert not server.sent("EXPUNGE")
    assert not server.sent("CLOSE")


def test_a_refusal_of_one_message_is_not_a_refusal_of_all(serve: Callable[..., ScriptedImap]) -> None:
    server = serve({"UID STORE": b"TAG NO some failed\r\n", "UID STORE 1 ": b"", "UID STORE 3 ": b""})
    with ImapSource(imap(server.port)).open(writable=True) as session:
        results = session.acknowledge(["1", "2", "3", "x"], action=AfterImport.SEEN)
    reasons = {remote_id: error.reason if error else None for remote_id, error in results.items()}
    assert reasons == {"1": None, "2": Reason.SERVER_ERROR, "3": None, "x": Reason.BAD_ARGUMENT}


@pytest.mark.req("F47")
def test_a_folder_that_may_only_be_read_is_read_and_says_so_when_it_is_to_change(
    serve: Callable[..., ScriptedImap],
) -> None:
    folder = b"* 3 EXISTS\r\n* OK [UIDVALIDITY 77] ok\r\n* OK [UIDNEXT 4] ok\r\nTAG OK [READ-ONLY] done\r\n"
    server = serve({"SELECT": folder, alone(1): body(1)})
    with ImapSource(imap(server.port)).open(writable=True) as session:
        assert outcomes(list(session.fetch(ITEMS[:1], max_bytes=1000))) == [b"hello"]
        error = session.acknowledge(["1"], action=AfterImport.SEEN)["1"]
    assert error is not None
    assert error.permanent
    assert not server.sent("UID STORE")


def test_a_folder_open_read_only_changes_nothing(serve: Callable[..., ScriptedImap]) -> None:
    server = serve()
    with ImapSource(imap(server.port)).open() as session, pytest.raises(ConnectorError):
        session.acknowledge(["1"], action=AfterImport.SEEN)
    assert not server.sent("UID")
    assert not server.sent("SELECT")


@pytest.mark.req("F68")
def test_the_server_is_told_goodbye(serve: Callable[..., ScriptedImap]) -> None:
    server = serve()
    with ImapSource(imap(server.port)).open():
        pass
    assert server.commands[-1] == "LOGOUT"
