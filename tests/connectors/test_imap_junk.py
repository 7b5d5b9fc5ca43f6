"""Which folder of an IMAP account is the one for spam, and what is asked where servers search in other ways."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from mailboxes.connectors.base import FolderInfo
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.connectors.imap import ImapSource
from mailboxes.connectors.imap_folders import junk_folder
from mailboxes.connectors.junk import JunkQuery
from tests.connectors.configs import imap
from tests.connectors.scripted import Answers, ScriptedImap

pytestmark = pytest.mark.req("S4.64")


def folder(name: str, *, use: str = "", selectable: bool = True) -> FolderInfo:
    return FolderInfo(name, "/", special_use=use, selectable=selectable)


@pytest.mark.parametrize(
    ("folders", "name"),
    [
        ([folder("Spam"), folder("Werbung", use="junk")], "Werbung"),
        ([folder("INBOX"), folder("INBOX/spam"), folder("Junk E-Mail", selectable=False)], "INBOX/spam"),
        ([folder("INBOX/Junk"), folder("SPAM")], "SPAM"),
        ([folder("Courrier indésirable")], "Courrier indésirable"),
        ([folder("INBOX"), folder("No spam here")], None),
    ],
)
def test_by_special_use_else_by_a_known_name_nearest_to_the_root(folders: list[FolderInfo], name: str | None) -> None:
    found = junk_folder(folders)
    assert (found.name if found else None) == name


FOLDERS = b'* LIST () "/" INBOX\r\n* LIST () "/" Spam\r\n'
LETTER = "From: =?utf-8?q?=C3=9Cmit?= <über@bücher.example>\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n\r\n".encode()
HEADERS = b"* 2 FETCH (UID 2 BODY[HEADER.FIELDS (FROM SUBJECT)] {%d}\r\n%s)\r\n" % (len(LETTER), LETTER)
DATES = b'* 2 FETCH (UID 2 RFC822.SIZE 9 INTERNALDATE "02-Mar-2026 10:00:00 +0000")\r\n'
SCRIPT: Answers = {
    "LIST": FOLDERS,
    "UID SEARCH FROM": b"TAG BAD no such criterion\r\n",
    "UID SEARCH SINCE": b"* SEARCH 2 3\r\n",
    "UID FETCH 2:3 (UID BODY": HEADERS,
    "UID FETCH 2 (UID RFC822": DATES,
}


def query(sender: str) -> JunkQuery:
    return JunkQuery(sender, since=datetime(2026, 3, 1, tzinfo=UTC), before=datetime(2026, 3, 3, tzinfo=UTC))


@pytest.mark.servers
@pytest.mark.parametrize("sender", ["Über@bücher.example", "über@xn--bcher-kva.example"])
def test_letters_beyond_ascii_are_never_searched_for_but_compared(
    serve: Callable[..., ScriptedImap], sender: str
) -> None:
    server = serve(SCRIPT)
    found = ImapSource(imap(server.port)).find_in_junk(query(sender))
    assert (found.folder, [mail.subject for mail in found.mails]) == ("Spam", ["Grüße"])
    assert server.sent("EXAMINE")
    assert server.sent("UID SEARCH") == ["UID SEARCH SINCE 28-Feb-2026 BEFORE 5-Mar-2026"]
    assert not [command for command in server.commands if command.startswith(("SELECT", "UID STORE", "UID MOVE"))]


@pytest.mark.servers
def test_where_the_server_refuses_to_search_for_senders_the_days_alone_narrow(
    serve: Callable[..., ScriptedImap],
) -> None:
    server = serve(SCRIPT)
    assert ImapSource(imap(server.port)).find_in_junk(query("someone@else.example")).mails == ()
    assert len(server.sent("UID SEARCH")) == 2


@pytest.mark.servers
def test_an_account_without_a_folder_for_spam_has_none(serve: Callable[..., ScriptedImap]) -> None:
    server = serve({"LIST": b'* LIST () "/" INBOX\r\n'})
    with pytest.raises(ConnectorError) as error:
        ImapSource(imap(server.port)).find_in_junk(query("a@b.example"))
    assert error.value.reason is Reason.FOLDER_NOT_FOUND
    assert not server.sent("EXAMINE")
