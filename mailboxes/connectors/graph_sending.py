"""Microsoft 365 through Microsoft Graph as a place mail leaves through.

    draft of MIME ▶ attachments ▶ recipients ▶ mark, with the draft's id ▶ send ▶ 202
    └─ a failure raises, and the draft is removed ─┘        └─ 4xx: refused · else nobody knows ─┘

A draft can be sent once. Its immutable id is the handle: while it is a draft the mail has not gone, afterwards the same
id is the copy in Sent Items. An attempt that is not the first takes the earlier draft up, so that nothing goes twice.
https://learn.microsoft.com/graph/outlook-things-to-know-about-send-mail
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mailboxes.connectors.alike import alike, check_recipients
from mailboxes.connectors.base import Became, Mark, RecipientResult, RecipientState, SendResult
from mailboxes.connectors.config import GraphConfig
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.connectors.graph import ids_of
from mailboxes.connectors.graph_client import GraphClient, connected, segment
from mailboxes.connectors.graph_drafts import address, discard, prepared
from mailboxes.connectors.graph_errors import GraphRefusal
from mailboxes.connectors.graph_folders import DRAFTS, well_known
from mailboxes.connectors.message_ids import message_id_of

_OURS = frozenset(  # no to us, whatever the mail
    {
        Reason.LOGIN_REFUSED,
        Reason.PERMISSION_MISSING,
        Reason.ACCESS_BLOCKED,
        Reason.MAILBOX_NOT_FOUND,
        Reason.MAILBOX_NOT_ENABLED,
    }
)
_FIELDS = "id,isDraft,internetMessageId,toRecipients,ccRecipients,bccRecipients"


@dataclass(frozen=True)
class GraphSender:
    """The mailbox that mail is sent from; the folder of the config plays no part."""

    config: GraphConfig

    def send(
        self,
        content: bytes,
        *,
        mail_from: str,  # noqa: ARG002  # Exchange takes the sender from the header
        recipients: Sequence[str],
        before_data: Mark,
        earlier: str | None = None,
    ) -> SendResult:
        """The mail was offered for these recipients once, or an earlier attempt is found to have sent it.

        All recipients fare alike: what becomes of single ones comes back as mails. Raises ConnectorError when nothing
        was sent.
        """
        check_recipients(recipients)
        message_id = message_id_of(content)
        with connected(self.config) as client:
            draft = _draft(client, earlier) if earlier else None
            if draft is not None and not draft.get("isDraft"):
                return alike(recipients, RecipientResult(RecipientState.SENT))
            if draft is not None:
                address(client, draft, recipients=recipients, message_id=message_id)
                return _sent(client, str(draft["id"]), recipients=recipients, before_data=before_data)
            if earlier == "":
                _remove_unmarked(client, message_id)
            with prepared(client, content, recipients=recipients, message_id=message_id) as draft_id:
                before_data(list(recipients), handle=draft_id)
            return _offered(client, draft_id, recipients=recipients)

    def what_became_of(self, handle: str) -> Became:
        """Whether the draft of this id has been sent. Raises ConnectorError."""
        if not handle:
            return Became.UNKNOWN
        with connected(self.config) as client:
            draft = _draft(client, handle)
        if draft is None:
            return Became.UNKNOWN
        return Became.UNSENT if draft.get("isDraft") else Became.SENT

    def check(self) -> None:
        """The mailbox lets us in; nothing is sent. Raises ConnectorError."""
        with connected(self.config) as client:
            well_known(client, DRAFTS)


def _sent(client: GraphClient, draft_id: str, *, recipients: Sequence[str], before_data: Mark) -> SendResult:
    before_data(list(recipients), handle=draft_id)
    return _offered(client, draft_id, recipients=recipients)


def _offered(client: GraphClient, draft_id: str, *, recipients: Sequence[str]) -> SendResult:
    """What came of sending the draft, the same for all. Raises only a refusal of us that is certain."""
    try:
        client.call("POST", f"/messages/{segment(draft_id)}/send", expected=202)
    except ConnectorError as error:
        state = _state_after(error)
        if state is not RecipientState.UNKNOWN and error.reason in _OURS:
            raise
        if state is RecipientState.FAILED:
            discard(client, draft_id)
        return alike(recipients, RecipientResult(state, detail=error.detail, reason=error.reason))
    return alike(recipients, RecipientResult(RecipientState.SENT))


def _state_after(error: ConnectorError) -> RecipientState:
    """A refusal is one only if Graph says so clearly: another good status, or trouble of its own, tells nothing."""
    if not isinstance(error, GraphRefusal):
        return RecipientState.UNKNOWN
    if error.status == 503 and error.retry_after_s is not None:
        return RecipientState.RETRY
    if not 400 <= error.status < 500:
        return RecipientState.UNKNOWN
    return RecipientState.FAILED if error.permanent else RecipientState.RETRY


def _draft(client: GraphClient, handle: str) -> dict[str, Any] | None:
    try:
        return client.json("GET", f"/messages/{segment(handle)}", params={"$select": _FIELDS})
    except ConnectorError as error:
        if error.reason is Reason.MESSAGE_GONE:
            return None
        raise


def _remove_unmarked(client: GraphClient, message_id: str) -> None:
    """What an attempt left that died before its mark is gone: it was never sent, and may be incomplete."""
    if message_id:
        for draft_id in ids_of(client, well_known(client, DRAFTS), message_id=message_id):
            discard(client, draft_id)
