"""Which folder of an IMAP account is the one for spam."""

from __future__ import annotations

import pytest

from mailboxes.connectors.base import FolderInfo
from mailboxes.connectors.imap_folders import junk_folder

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
