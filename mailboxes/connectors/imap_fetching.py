"""Messages come down: several small ones in one command, a large one alone, and none stops another (F1, F3).

batch ──answer complete──▶ each message
  │ refused, unreadable, or the connection went
  ▼
one by one ──▶ the message, or the reason why this one could not be had
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mailboxes.connectors.alone import failed, fetched_alone
from mailboxes.connectors.base import Fetched, RemoteItem
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.connectors.imap_answers import MAX_UID, fetched_texts, searched_ids, uid_set
from mailboxes.connectors.imap_folder import OpenFolder
from mailboxes.connectors.wire import ConnectionEndedError, SessionLostError

BATCH_MESSAGES = 50
BATCH_BYTES = 4 * 1024 * 1024  # as the server claims; a batch's answer is read up to twice that
ANSWER_SLACK_BYTES = 256 * 1024  # lines around the literals, news of other messages
MAX_HEADER_BYTES = 256 * 1024
HEADER_BATCH = 20

_WHOLE = "(UID BODY.PEEK[])"
_HEADERS = f"(UID BODY.PEEK[HEADER]<0.{MAX_HEADER_BYTES}>)"
_FOR_ALL = frozenset(  # refusals that the next message would meet as well
    {Reason.THROTTLED, Reason.TOO_MANY_CONNECTIONS, Reason.LOGIN_REFUSED, Reason.LOGIN_DISABLED}
)


def messages(folder: OpenFolder, items: Sequence[RemoteItem], *, max_bytes: int) -> Iterator[Fetched]:
    """Each item's bytes or error in the given order.

    Raises ConnectorError when the server as a whole refuses or stays away; what was yielded before stands.
    """
    for batch in _batches(items, max_bytes=max_bytes):
        texts = _batch_texts(folder, batch) if len(batch) > 1 else {}
        for item in batch:
            text = texts.pop(item.remote_id, None)
            if text and len(text) <= max_bytes:
                yield Fetched(remote_id=item.remote_id, content=text)
            else:
                yield _alone(folder, item, max_bytes=max_bytes)
            del text


def header_blocks(folder: OpenFolder, remote_ids: Sequence[str]) -> dict[str, bytes]:
    """The header block of each message that is still there and readable, cut at MAX_HEADER_BYTES."""
    uids = sorted({int(remote_id) for remote_id in remote_ids if is_uid(remote_id)})
    found: dict[str, bytes] = {}
    for start in range(0, len(uids), HEADER_BATCH):
        for uid, text in _headers(folder, uids[start : start + HEADER_BATCH]).items():
            if text is not None:
                found[str(uid)] = text[:MAX_HEADER_BYTES]
    return found


def _batches(items: Sequence[RemoteItem], *, max_bytes: int) -> Iterator[list[RemoteItem]]:
    """Neighbours together up to the bounds of a batch; what is large, too large or of unknown size stands alone."""
    batch: list[RemoteItem] = []
    claimed_bytes = 0
    for item in items:
        small = is_uid(item.remote_id) and 0 < (item.size_bytes or 0) <= min(BATCH_BYTES, max_bytes)
        full = len(batch) >= BATCH_MESSAGES or claimed_bytes + (item.size_bytes or 0) > BATCH_BYTES
        if batch and (full or not small):
            yield batch
            batch, claimed_bytes = [], 0
        if small:
            batch.append(item)
            claimed_bytes += item.size_bytes or 0
        else:
            yield [item]
    if batch:
        yield batch


def _batch_texts(folder: OpenFolder, batch: Sequence[RemoteItem]) -> dict[str, bytes | None]:
    """What one command brought, by remote id; nothing where it failed, for the messages to be tried alone."""
    uids = sorted({int(item.remote_id) for item in batch})
    cap_bytes = 2 * sum(item.size_bytes or 0 for item in batch) + ANSWER_SLACK_BYTES
    try:
        answers = folder.ask("UID", "FETCH", uid_set(uids), _WHOLE, name="FETCH", cap_bytes=cap_bytes)
    except SessionLostError:
        raise
    except ConnectorError as error:
        if error.reason in _FOR_ALL:
            raise
        return {}
    return {str(uid): text for uid, text in fetched_texts(answers, wanted=b"BODY[]").items()}


def _alone(folder: OpenFolder, item: RemoteItem, *, max_bytes: int) -> Fetched:
    """This message, or why it cannot be had. Raises only what the next message would meet as well."""
    if not is_uid(item.remote_id):
        return failed(item, Reason.BAD_ARGUMENT, permanent=True)
    if item.size_bytes is not None and item.size_bytes > max_bytes:
        return failed(item, Reason.TOO_LARGE, permanent=True)
    return fetched_alone(item, lambda: _read(folder, item, max_bytes=max_bytes), for_all=_FOR_ALL)


def _read(folder: OpenFolder, item: RemoteItem, *, max_bytes: int) -> Fetched:
    answers = folder.ask("UID", "FETCH", item.remote_id, _WHOLE, name="FETCH", cap_bytes=max_bytes + ANSWER_SLACK_BYTES)
    text = fetched_texts(answers, wanted=b"BODY[]").get(int(item.remote_id))
    if text is None or (not text and item.size_bytes):
        left = searched_ids(folder.ask("UID", "SEARCH", "UID", item.remote_id, name="SEARCH"))
        gone = int(item.remote_id) not in left
        reason = Reason.MESSAGE_GONE if gone else Reason.MESSAGE_UNREADABLE
        return failed(item, reason, permanent=gone)
    if len(text) > max_bytes:
        return failed(item, Reason.TOO_LARGE, permanent=True)
    return Fetched(remote_id=item.remote_id, content=text)


def _headers(folder: OpenFolder, uids: Sequence[int]) -> dict[int, bytes | None]:
    """The header blocks one command brought; where it is refused, each is asked for alone."""
    cap_bytes = len(uids) * MAX_HEADER_BYTES + ANSWER_SLACK_BYTES
    try:
        answers = folder.ask("UID", "FETCH", uid_set(uids), _HEADERS, name="FETCH", cap_bytes=cap_bytes)
    except ConnectionEndedError:
        raise
    except ConnectorError as error:
        if error.reason in _FOR_ALL:
            raise
        if len(uids) == 1:
            return {}
        return {uid: text for one in uids for uid, text in _headers(folder, [one]).items()}
    return fetched_texts(answers, wanted=b"BODY[HEADER]")


def is_uid(remote_id: str) -> bool:
    """True for what can be a UID: 1 to 2**32 - 1 in ASCII digits (RFC 9051 section 2.3.1.1)."""
    return remote_id.isascii() and remote_id.isdigit() and len(remote_id) <= 10 and 1 <= int(remote_id) <= MAX_UID
