"""The folders of an account, as the stage that opens one tells of them."""

from __future__ import annotations

from collections.abc import Sequence

from mailboxes.connectors.base import FolderInfo

MAX_SHOWN = 200


def folders_found(folders: Sequence[FolderInfo]) -> dict[str, object]:
    """The evidence: names of those that can be read, the first MAX_SHOWN, and what stands between one and one in it."""
    shown = [folder for folder in folders if folder.selectable][:MAX_SHOWN]
    delimiter = next((folder.delimiter for folder in shown if folder.delimiter), "")
    return {"folders": tuple(folder.name for folder in shown), "delimiter": delimiter}
