"""After-import actions where each message is told apart by a call of its own (Graph, EWS)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from mailboxes.connectors.errors import ConnectorError, Reason


def done_for_each(
    remote_ids: Sequence[str], *, begin: Callable[[], Callable[[str], None]], of_the_message: Collection[Reason]
) -> dict[str, ConnectorError | None]:
    """The action is done for each id (None), or the error says why not. What is gone from the folder counts as done.

    begin: finds the target and gives the action; a target that is missing is the error of every id. of_the_message:
    refusals that the next message need not meet. Raises ConnectorError for all others; repeating is harmless.
    """
    try:
        act = begin()
    except ConnectorError as error:
        if error.reason is not Reason.FOLDER_NOT_FOUND:
            raise
        return dict.fromkeys(remote_ids, error)
    return {remote_id: _done(act, remote_id, of_the_message=of_the_message) for remote_id in remote_ids}


def _done(act: Callable[[str], None], remote_id: str, *, of_the_message: Collection[Reason]) -> ConnectorError | None:
    try:
        act(remote_id)
    except ConnectorError as error:
        if error.reason is Reason.MESSAGE_GONE:
            return None
        if error.reason in of_the_message and error.retry_after_s is None:
            return error
        raise
    return None
