"""A mail as a draft in the sender's mailbox, from where one call sends it, once.

The draft is made of MIME, which alone keeps In-Reply-To and References. A request may have 4 MB, and MIME is sent as
base64; of a larger mail the attachments are taken out and added one by one, those of 3 MB and more in pieces.
https://learn.microsoft.com/graph/api/user-post-messages, https://learn.microsoft.com/graph/outlook-large-attachments
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from email.policy import compat32
from typing import Any

from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.connectors.graph_client import GraphClient, segment

MAX_MIME_BYTES = 2_000_000  # more than 2,240 kB was seen to be answered with 200, and lost
SINGLE_BYTES = 3_000_000  # attachments below it go in one request
PIECE_BYTES = 12 * 320 * 1024  # below 4 MB
_SEALED = frozenset({"multipart/signed", "multipart/encrypted"})
_TEXT = frozenset({"text/plain", "text/html"})


@dataclass(frozen=True)
class Attachment:
    """A part that was taken out of a mail."""

    name: str
    media_type: str
    content: bytes = field(repr=False)
    content_id: str = ""  # without brackets
    is_inline: bool = False


@contextmanager
def prepared(client: GraphClient, content: bytes, *, recipients: Sequence[str], message_id: str) -> Iterator[str]:
    """The id of a draft with everything in it, for exactly these recipients.

    It is removed again if the block ends by an exception. Raises ConnectorError: TOO_LARGE for a mail whose text alone
    is above MAX_MIME_BYTES, or that is signed or encrypted and above it.
    """
    mime, attachments = divided(content)
    draft = _created(client, mime)
    try:
        for attachment in attachments:
            _attach(client, draft["id"], attachment)
        address(client, draft, recipients=recipients, message_id=message_id)
        yield draft["id"]
    except BaseException:
        discard(client, draft["id"])
        raise


def address(client: GraphClient, draft: Mapping[str, Any], *, recipients: Sequence[str], message_id: str) -> None:
    """The draft goes to exactly these, under our Message-ID.

    Those whom its header names stay where they stand there; who is in none of it is Bcc.
    """
    wanted = {recipient.casefold(): recipient for recipient in recipients}
    changes: dict[str, Any] = {}
    named: set[str] = set()
    for place in ("toRecipients", "ccRecipients", "bccRecipients"):
        stands = draft.get(place) or []
        stays = [one for one in stands if _address(one) in wanted and _address(one) not in named]
        named |= {_address(one) for one in stays}
        if place == "bccRecipients":
            stays += [{"emailAddress": {"address": wanted[key]}} for key in wanted if key not in named]
        if [_address(one) for one in stays] != [_address(one) for one in stands]:
            changes[place] = stays
    if message_id and draft.get("internetMessageId") != f"<{message_id}>":
        changes["internetMessageId"] = f"<{message_id}>"
    if changes:
        client.json("PATCH", f"/messages/{segment(str(draft['id']))}", body=changes)


def discard(client: GraphClient, draft_id: str) -> None:
    """The draft is gone, if it can be had now: what is left over is never sent, it only lies among the drafts."""
    try:
        client.call("DELETE", f"/messages/{segment(draft_id)}", expected=204)
    except ConnectorError:
        return


def divided(content: bytes) -> tuple[bytes, list[Attachment]]:
    """The mail as one request can carry it, and the attachments to be added. Raises TOO_LARGE."""
    if len(content) <= MAX_MIME_BYTES:
        return content, []
    mail = message_from_bytes(content)
    if any(part.get_content_type() in _SEALED for part in mail.walk()):
        raise _too_large()
    attachments = list(_taken_out(mail))
    mime = mail.as_bytes(policy=compat32.clone(linesep="\r\n", max_line_length=None))
    if len(mime) > MAX_MIME_BYTES:
        raise _too_large()
    return mime, attachments


def _taken_out(mail: Message) -> Iterator[Attachment]:
    if not mail.is_multipart():
        return
    kept: list[Message | str] = []
    parts = mail.get_payload()
    assert isinstance(parts, list)
    for part in parts:
        assert isinstance(part, Message)
        if part.get_content_maintype() == "multipart":
            yield from _taken_out(part)
            kept.append(part)
        elif part.get_content_type() in _TEXT and part.get_content_disposition() != "attachment":
            kept.append(part)
        else:
            yield _attachment(part)
    mail.set_payload(kept)


def _attachment(part: Message) -> Attachment:
    if part.get_content_maintype() == "message":
        inner = part.get_payload(0)
        content = inner.as_bytes() if isinstance(inner, Message) else b""
    else:
        payload = part.get_payload(decode=True)
        content = payload if isinstance(payload, bytes) else b""
    return Attachment(
        name=part.get_filename() or "attachment",
        media_type=part.get_content_type(),
        content=content,
        content_id=str(part.get("Content-ID") or "").strip().strip("<>"),
        is_inline=part.get_content_disposition() == "inline",
    )


def _created(client: GraphClient, mime: bytes) -> dict[str, Any]:
    draft = client.json("POST", "/messages", expected=201, content=base64.b64encode(mime), media_type="text/plain")
    if not draft.get("id"):
        raise ConnectorError(Reason.PROTOCOL, permanent=False, detail="a draft without an id")
    return draft


def _attach(client: GraphClient, draft_id: str, attachment: Attachment) -> None:
    path = f"/messages/{segment(draft_id)}/attachments"
    told = {"name": attachment.name, "isInline": attachment.is_inline, "contentType": attachment.media_type}
    if attachment.content_id:
        told["contentId"] = attachment.content_id
    if len(attachment.content) >= SINGLE_BYTES:
        _upload(client, f"{path}/createUploadSession", attachment.content, told=told)
        return
    told["@odata.type"] = "#microsoft.graph.fileAttachment"
    told["contentBytes"] = base64.b64encode(attachment.content).decode()
    client.call("POST", path, expected=201, body=told)


def _upload(client: GraphClient, path: str, content: bytes, *, told: Mapping[str, object]) -> None:
    item = {**told, "attachmentType": "file", "size": len(content)}
    session = client.json("POST", path, expected=201, body={"AttachmentItem": item})
    start = 0
    while start < len(content):
        piece = content[start : start + PIECE_BYTES]
        status = client.put_piece(str(session.get("uploadUrl", "")), piece, start=start, total=len(content))
        start += len(piece)
        if (status == 201) != (start == len(content)):
            raise ConnectorError(Reason.PROTOCOL, permanent=False, detail="the upload ended at another place")


def _address(recipient: Mapping[str, Any]) -> str:
    return str((recipient.get("emailAddress") or {}).get("address") or "").casefold()


def _too_large() -> ConnectorError:
    return ConnectorError(Reason.TOO_LARGE, permanent=True)
