"""An Exchange server through Exchange Web Services as a place mail leaves through.

    draft of MIME ▶ recipients ▶ mark, with the draft's id ▶ SendItem ▶ NoError
    └─ a failure raises, and the draft is removed ─┘  └─ a code: refused · else nobody knows ─┘

Sending gives the item another id. So the handle is the draft's id and the value of a property that goes with it to Sent
Items: while the draft is there the mail has not gone; with the property found in Sent Items it has. An attempt that is
not the first takes the earlier draft up, so that nothing goes twice. Exchange files the copy in Sent Items itself.
https://learn.microsoft.com/exchange/client-developer/web-service-reference/senditem-operation
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mailboxes.connectors.alike import alike, check_recipients
from mailboxes.connectors.base import Became, Mark, RecipientResult, RecipientState, SendResult
from mailboxes.connectors.config import EwsConfig
from mailboxes.connectors.errors import OF_TOKENS, ConnectorError, Reason
from mailboxes.connectors.ews_client import EwsClient, connected
from mailboxes.connectors.ews_drafts import SENDING, EwsDraft, address, discard, found, prepared, remove_unmarked
from mailboxes.connectors.ews_folders import DRAFTS, SENT_ITEMS, distinguished, well_known
from mailboxes.connectors.ews_listing import ids_with
from mailboxes.connectors.ews_operations import SendItem, element
from mailboxes.connectors.message_ids import message_id_of

MAX_HANDLE_CHARS = 500  # what the outbox keeps
_OURS = OF_TOKENS | frozenset(  # no to us, whatever the mail
    {
        Reason.LOGIN_REFUSED,
        Reason.LOGIN_DISABLED,
        Reason.PERMISSION_MISSING,
        Reason.ACCESS_BLOCKED,
        Reason.MAILBOX_NOT_FOUND,
        Reason.MAILBOX_NOT_ENABLED,
    }
)
_SAID_NO = _OURS | frozenset(  # what only an answer to the call itself can mean; all else tells nothing
    {
        Reason.THROTTLED,
        Reason.TOO_MANY_CONNECTIONS,
        Reason.MAILBOX_FULL,
        Reason.TOO_LARGE,
        Reason.SENDER_REFUSED,
        Reason.RECIPIENT_REFUSED,
        Reason.CONTENT_REFUSED,
    }
)


@dataclass(frozen=True)
class EwsSender:
    """The mailbox that mail is sent from; the folder of the config plays no part."""

    config: EwsConfig

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
        with connected(self.config) as client:
            before = found(client, _parts(earlier)[0]) if earlier else None
            if earlier and _has_left(client, before, earlier):
                return alike(recipients, RecipientResult(RecipientState.SENT))
            if before is not None:
                draft = address(client, before, content=content, recipients=recipients)
                before_data(list(recipients), handle=_handle(draft))
                return _offered(client, draft, recipients=recipients)
            if earlier == "":
                remove_unmarked(client, message_id_of(content))
            with prepared(client, content, recipients=recipients) as draft:
                before_data(list(recipients), handle=_handle(draft))
            return _offered(client, draft, recipients=recipients)

    def what_became_of(self, handle: str) -> Became:
        """Whether the draft of this handle has been sent. Raises ConnectorError."""
        if not handle:
            return Became.UNKNOWN
        with connected(self.config) as client:
            draft = found(client, _parts(handle)[0])
            if _has_left(client, draft, handle):
                return Became.SENT
        return Became.UNKNOWN if draft is None else Became.UNSENT

    def check(self) -> None:
        """The mailbox lets us in; nothing is sent. Raises ConnectorError."""
        with connected(self.config) as client:
            well_known(client, DRAFTS)


def _has_left(client: EwsClient, draft: EwsDraft | None, handle: str) -> bool:
    """True if it is no draft any more, or if what it became lies in Sent Items."""
    if draft is not None:
        return not draft.is_draft
    sending = _parts(handle)[1]
    return bool(sending) and bool(ids_with(client, well_known(client, SENT_ITEMS), SENDING, sending))


def _offered(client: EwsClient, draft: EwsDraft, *, recipients: Sequence[str]) -> SendResult:
    """What came of sending the draft, the same for all. Raises only a refusal of us that is certain."""
    item = element("t:ItemId", Id=draft.id, ChangeKey=draft.change_key)
    target = element("m:SavedItemFolderId", distinguished(client, SENT_ITEMS))
    question = element("m:SendItem", element("m:ItemIds", item), target, SaveItemToFolder="true")
    try:
        client.ask_one(SendItem, question)
    except ConnectorError as error:
        if error.reason in _OURS:
            raise
        state = _state_after(error)
        if state is RecipientState.FAILED:
            discard(client, draft)
        return alike(recipients, RecipientResult(state, detail=error.detail, reason=error.reason))
    return alike(recipients, RecipientResult(RecipientState.SENT))


def _state_after(error: ConnectorError) -> RecipientState:
    """A refusal is one only if Exchange says so clearly; trouble of its own may come after the mail has left."""
    if error.reason not in _SAID_NO and error.retry_after_s is None:
        return RecipientState.UNKNOWN
    return RecipientState.FAILED if error.permanent else RecipientState.RETRY


def _handle(draft: EwsDraft) -> str:
    """Id and property; without the first, where both are too long to be kept, Sent Items can still tell."""
    handle = f"{draft.id} {draft.sending}"
    return handle if len(handle) <= MAX_HANDLE_CHARS else f" {draft.sending}"


def _parts(handle: str) -> tuple[str, str]:
    draft_id, _, sending = handle.partition(" ")
    return draft_id, sending
