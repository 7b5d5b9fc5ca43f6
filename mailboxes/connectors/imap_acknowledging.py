"""After our copy is safe: messages are marked, moved or deleted on the server, exactly the ones named.

Never a plain EXPUNGE: it would remove what other people marked \\Deleted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mailboxes.connectors.base import AfterImport
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.connectors.imap_answers import searched_ids, uid_set
from mailboxes.connectors.imap_fetching import is_uid
from mailboxes.connectors.imap_folder import OpenFolder
from mailboxes.connectors.wire import ConnectionEndedError, refuse_control_characters

COMMAND_MESSAGES = 100  # keeps a command line near the 1,000 bytes of RFC 2683 section 3.2.1.5
_COPIED = "$PostroomMoved"  # the copy in the target folder is made; repeating must not make another (F46)


def acknowledge(
    folder: OpenFolder, remote_ids: Sequence[str], *, action: AfterImport, target: str
) -> dict[str, ConnectorError | None]:
    """The action is done for each id (None), or the error says why not. Ids that are gone count as done.

    Raises ConnectorError when the connection or the server as a whole fails; repeating everything is harmless.
    """
    refuse_control_characters(target)
    if action is AfterImport.LEAVE:
        return dict.fromkeys(remote_ids)
    if not folder.writable:
        raise ConnectorError(Reason.FOLDER_READ_ONLY, permanent=True)
    if folder.is_write_protected:
        return dict.fromkeys(remote_ids, ConnectorError(Reason.FOLDER_READ_ONLY, permanent=True))
    results: dict[str, ConnectorError | None] = {
        remote_id: ConnectorError(Reason.BAD_ARGUMENT, permanent=True) for remote_id in remote_ids
    }
    uids = sorted({int(remote_id) for remote_id in remote_ids if is_uid(remote_id)})
    act = _action(folder, action, target=target)
    for start in range(0, len(uids), COMMAND_MESSAGES):
        for uid, error in _each(act, uids[start : start + COMMAND_MESSAGES]).items():
            results[str(uid)] = error
    return {remote_id: results.get(str(int(remote_id)) if is_uid(remote_id) else remote_id) for remote_id in remote_ids}


def _action(folder: OpenFolder, action: AfterImport, *, target: str) -> Callable[[list[int]], None]:
    if action is AfterImport.SEEN:
        return lambda uids: _store(folder, uids, flags="\\Seen")
    if action is AfterImport.DELETE:
        return lambda uids: _delete(folder, uids)
    return lambda uids: _move(folder, uids, target=target)


def _each(act: Callable[[list[int]], None], uids: list[int]) -> dict[int, ConnectorError | None]:
    """What became of each; a refusal that may concern one message alone is tried again in halves."""
    try:
        act(uids)
    except ConnectionEndedError:
        raise
    except ConnectorError as error:
        if error.retry_after_s is not None or error.reason is Reason.THROTTLED:
            raise
        if len(uids) == 1 or error.permanent:
            return dict.fromkeys(uids, error)
        middle = len(uids) // 2
        return _each(act, uids[:middle]) | _each(act, uids[middle:])
    return dict.fromkeys(uids)


def _store(folder: OpenFolder, uids: list[int], *, flags: str) -> None:
    folder.ask("UID", "STORE", uid_set(uids), "+FLAGS.SILENT", f"({flags})", name="FETCH")


def _delete(folder: OpenFolder, uids: list[int]) -> None:
    """Marked and expunged; only marked, and said so, where the server cannot expunge single messages."""
    _store(folder, uids, flags="\\Deleted")
    if not _offers(folder, "UIDPLUS"):
        raise ConnectorError(Reason.NOT_EXPUNGED, permanent=True)
    folder.ask("UID", "EXPUNGE", uid_set(uids), name="EXPUNGE")


def _move(folder: OpenFolder, uids: list[int], *, target: str) -> None:
    """RFC 6851 MOVE, or COPY and delete. Nothing is deleted before its copy is made."""
    with folder.client() as client:
        mailbox = client.spelled(target)
    if _offers(folder, "MOVE"):
        _ask_about(folder, target, "UID", "MOVE", uid_set(uids), mailbox)
        return
    copied = set(searched_ids(folder.ask("UID", "SEARCH", "UID", uid_set(uids), "KEYWORD", _COPIED, name="SEARCH")))
    fresh = [uid for uid in uids if uid not in copied]
    if fresh:
        _ask_about(folder, target, "UID", "COPY", uid_set(fresh), mailbox)
        _mark_copied(folder, fresh)
    _delete(folder, uids)


def _mark_copied(folder: OpenFolder, uids: list[int]) -> None:
    """The copies are remembered at the server, where it keeps keywords; if this fails, repeating would copy again."""
    try:
        _store(folder, uids, flags=f"\\Deleted {_COPIED}")
    except ConnectionEndedError:
        raise
    except ConnectorError as error:
        raise ConnectorError(Reason.NOT_EXPUNGED, permanent=True, detail=error.detail) from None


def _ask_about(folder: OpenFolder, target: str, *command: str) -> None:
    """The command is done; a refusal is FOLDER_NOT_FOUND when there is no such target."""
    with folder.client() as client:
        try:
            client.untagged(*command, name="EXPUNGE")
            return
        except client.AbortError:
            raise
        except client.Error as refused:
            error = client.meaning(refused)
        if not client.has_folder(target):
            raise ConnectorError(Reason.FOLDER_NOT_FOUND, permanent=True, detail=error.detail)
    raise error


def _offers(folder: OpenFolder, extension: str) -> bool:
    with folder.client() as client:
        return client.offers(extension)
