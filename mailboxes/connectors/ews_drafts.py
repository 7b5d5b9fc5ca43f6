"""A mail as a draft in the sender's mailbox on an Exchange server, from where one call sends it, once.

The draft is made of MIME, which keeps Message-ID, In-Reply-To and References. Exchange takes its properties out of it;
headers that a mailbox has not met before may be lost on the way, so those we need are set by name as well. A mark of
its own, a property that never leaves the mailbox, tells the copy in Sent Items from any other.
https://learn.microsoft.com/exchange/client-developer/web-service-reference/createitem-operation-email-message
"""

from __future__ import annotations

import base64
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from email.message import Message
from email.parser import BytesHeaderParser
from email.policy import compat32
from email.utils import getaddresses

from mailboxes.connectors.config import MAX_EWS_MIME_BYTES
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.connectors.ews_client import EwsClient
from mailboxes.connectors.ews_fetching import item_id
from mailboxes.connectors.ews_folders import DRAFTS, folder_id, well_known
from mailboxes.connectors.ews_listing import ids_of
from mailboxes.connectors.ews_operations import (
    TYPES,
    CreateItem,
    DeleteItem,
    Element,
    GetItem,
    UpdateItem,
    change_key_of,
    element,
    extended,
    field_uri,
    id_of,
    shape,
    text_of,
)

SENDING = "PublicStrings/PostroomSending String"  # which sending the item belongs to
_KEPT_HEADERS = ("auto-submitted",)  # beside all that begin with X-
_PLACES = (("ToRecipients", "to"), ("CcRecipients", "cc"), ("BccRecipients", "bcc"))

Layout = Mapping[str, Sequence[tuple[str, str]]]  # name and address of each recipient, by place


@dataclass(frozen=True)
class EwsDraft:
    """A draft as it is now."""

    id: str
    change_key: str  # of this version: sending asks for it
    is_draft: bool = True
    sending: str = ""  # the value of SENDING


@contextmanager
def prepared(client: EwsClient, content: bytes, *, recipients: Sequence[str]) -> Iterator[EwsDraft]:
    """A draft with everything in it, for exactly these recipients.

    It is removed again if the block ends by an error. Raises ConnectorError: TOO_LARGE above MAX_EWS_MIME_BYTES.
    """
    if len(content) > MAX_EWS_MIME_BYTES:
        raise ConnectorError(Reason.TOO_LARGE, permanent=True)
    header = _header(content)
    draft = _created(client, content, header)
    try:
        if _layout(header, recipients) != _named(header):
            draft = address(client, draft, content=content, recipients=recipients)
        yield draft
    except Exception:  # what ends the process leaves the draft, as a kill does: the mark may have been set
        discard(client, draft)
        raise


def address(client: EwsClient, draft: EwsDraft, *, content: bytes, recipients: Sequence[str]) -> EwsDraft:
    """The draft goes to exactly these, whoever it went to before; as it is then.

    Those whom the mail's header names stay where they stand there; who is in none of it is Bcc.
    """
    layout = _layout(_header(content), recipients)
    updates = element("t:Updates", *(_placed(place, layout[place]) for place, _name in _PLACES))
    changes = element("m:ItemChanges", element("t:ItemChange", item_id(draft.id), updates))
    attributes = {"MessageDisposition": "SaveOnly", "ConflictResolution": "AlwaysOverwrite"}
    item = client.ask_one(UpdateItem, element("m:UpdateItem", changes, **attributes))
    return replace(draft, id=id_of(item, "ItemId") or draft.id, change_key=change_key_of(item))


def found(client: EwsClient, draft_id: str) -> EwsDraft | None:
    """The item of this id; None once it was sent, which gives it another, or removed."""
    fields = shape("m:ItemShape", "item:IsDraft", SENDING)
    question = element("m:GetItem", fields, element("m:ItemIds", item_id(draft_id)))
    try:
        item = client.ask_one(GetItem, question)
    except ConnectorError as error:
        if error.reason is Reason.MESSAGE_GONE:
            return None
        raise
    said = item.find(f"{TYPES}ExtendedProperty")
    return EwsDraft(
        id=draft_id,
        change_key=change_key_of(item),
        is_draft=text_of(item, "IsDraft").casefold() in ("true", "1"),
        sending=text_of(said, "Value") if said is not None else "",
    )


def discard(client: EwsClient, draft: EwsDraft) -> None:
    """The draft is gone, if it can be had now: what is left over is never sent, it only lies among the drafts."""
    try:
        client.ask(
            DeleteItem, element("m:DeleteItem", element("m:ItemIds", item_id(draft.id)), DeleteType="HardDelete")
        )
    except ConnectorError:
        return


def remove_unmarked(client: EwsClient, message_id: str) -> None:
    """What an attempt left that died before its mark is gone: it was never sent, and may be incomplete."""
    if message_id:
        for draft_id in ids_of(client, well_known(client, DRAFTS), message_id=message_id):
            discard(client, EwsDraft(id=draft_id, change_key=""))


def _created(client: EwsClient, content: bytes, header: Message) -> EwsDraft:
    # Asking for the folder signs us in: many servers drop who comes with a large request first.
    target = element("m:SavedItemFolderId", folder_id(well_known(client, DRAFTS)))
    sending = uuid.uuid4().hex
    message = element(
        "t:Message",
        element("t:MimeContent", text=base64.b64encode(content).decode(), CharacterSet="UTF-8"),
        extended(SENDING, sending),
        *(extended(f"InternetHeaders/{name} String", value) for name, value in _kept_headers(header).items()),
        element("t:IsRead", text="true"),
    )
    question = element("m:CreateItem", target, element("m:Items", message), MessageDisposition="SaveOnly")
    item = client.ask_one(CreateItem, question)
    draft = EwsDraft(id=id_of(item, "ItemId"), change_key=change_key_of(item), sending=sending)
    if not draft.id:
        raise ConnectorError(Reason.PROTOCOL, permanent=False, detail="a draft without an id")
    return draft


def _header(content: bytes) -> Message:
    return BytesHeaderParser(policy=compat32).parsebytes(content)


def _kept_headers(header: Message) -> dict[str, str]:
    """Names as the mail spells them, values on one line."""
    kept = {}
    for name, value in header.items():
        if name.lower().startswith("x-") or name.lower() in _KEPT_HEADERS:
            kept[name] = " ".join(str(value).split())
    return kept


def _named(header: Message) -> dict[str, list[tuple[str, str]]]:
    """Whom the header names."""
    values = {place: [str(value) for value in header.get_all(name, [])] for place, name in _PLACES}
    return {place: [person for person in getaddresses(said) if person[1]] for place, said in values.items()}


def _layout(header: Message, recipients: Sequence[str]) -> dict[str, list[tuple[str, str]]]:
    """Where each of the recipients stands, each once."""
    left = {recipient.casefold(): recipient for recipient in recipients}
    layout: dict[str, list[tuple[str, str]]] = {}
    for place, people in _named(header).items():
        layout[place] = [(name, left.pop(one.casefold())) for name, one in people if one.casefold() in left]
    layout["BccRecipients"] += [("", recipient) for recipient in left.values()]
    return layout


def _placed(place: str, people: Sequence[tuple[str, str]]) -> Element:
    uri = field_uri(f"message:{place}")
    if not people:
        return element("t:DeleteItemField", uri)
    return element(
        "t:SetItemField", uri, element("t:Message", element(f"t:{place}", *(_mailbox(*one) for one in people)))
    )


def _mailbox(name: str, address: str) -> Element:
    parts = [element("t:Name", text=name)] if name else []
    return element("t:Mailbox", *parts, element("t:EmailAddress", text=address))
