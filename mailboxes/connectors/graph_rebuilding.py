"""A mail put together from what Graph tells of it, where it cannot give the MIME (seen with large attachments).

The header is the sender's own as far as Graph keeps it, the body what it shows, attachments their bytes. An Outlook
item that is attached stays a file of its own; of a link to a file in the cloud only its name can be had.
https://learn.microsoft.com/graph/api/attachment-get
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr
from typing import Any

from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.connectors.graph_client import GraphClient, segment

_HEADER_FIELDS = (
    "internetMessageHeaders,internetMessageId,subject,from,sender,replyTo,toRecipients,ccRecipients,"
    "sentDateTime,receivedDateTime"
)
_UNSAFE_HTML = "outlook.allow-unsafe-html"  # else Graph cleans the HTML; our own sanitiser sees the sender's
_FIELD_NAME = re.compile(r"[!-9;-~]{1,200}")
_OF_THE_BODY = re.compile(r"content-|mime-version$", re.IGNORECASE)
_LINE_ENDS = re.compile(r"[\r\n\0]+")
_ITEM_TYPES = ((b"BEGIN:VCARD", "text", "vcard", ".vcf"), (b"BEGIN:VCALENDAR", "text", "calendar", ".ics"))
_LINK_NOTE = "This attachment is a link to a file in the cloud. Open the mail in Outlook to reach it."


def header_block(client: GraphClient, path: str) -> bytes:
    """The header of the message at the path as Graph keeps it, with the empty line that ends it."""
    message = client.json("GET", path, params={"$select": _HEADER_FIELDS})
    return _header(message) + b"\r\n"


def rebuilt(client: GraphClient, path: str, *, max_bytes: int) -> bytes:
    """The whole mail at the path. Raises ConnectorError: TOO_LARGE above `max_bytes`."""
    params = {"$select": f"{_HEADER_FIELDS},body,hasAttachments"}
    message = client.json("GET", path, params=params, prefer=_UNSAFE_HTML, max_bytes=2 * max_bytes + 65536)
    mail = EmailMessage(policy=SMTP)
    body = message.get("body") or {}
    subtype = "html" if str(body.get("contentType", "")).lower() == "html" else "plain"
    mail.set_content(_clean(str(body.get("content") or "")), subtype=subtype, charset="utf-8", cte="base64")
    room_bytes = max_bytes
    # Not only where hasAttachments says so: it leaves out inline pictures.
    for page in client.pages(f"{path}/attachments", params={"$select": "id,name,contentType,size,isInline"}):
        for attachment in page.get("value", ()):
            room_bytes -= _attach(mail, attachment, client, path=path, room_bytes=room_bytes)
    content = _header(message) + mail.as_bytes()
    if len(content) > max_bytes:
        raise ConnectorError(Reason.TOO_LARGE, permanent=True)
    return content


def _header(message: Mapping[str, Any]) -> bytes:
    """The sender's own lines; for mails of which Graph keeps none (sent ones), those that it tells in other ways."""
    told = [
        (str(one.get("name", "")), str(one.get("value", ""))) for one in message.get("internetMessageHeaders") or ()
    ]
    lines = [(name, value) for name, value in told if _FIELD_NAME.fullmatch(name) and not _OF_THE_BODY.match(name)]
    names = {name.casefold() for name, _ in lines}
    lines += [(name, value) for name, value in _told_otherwise(message) if value and name.casefold() not in names]
    return b"".join(f"{name}: {_LINE_ENDS.sub(' ', value)}\r\n".encode() for name, value in lines)


def _told_otherwise(message: Mapping[str, Any]) -> list[tuple[str, str]]:
    sent_at = str(message.get("sentDateTime") or message.get("receivedDateTime") or "")
    return [
        ("From", _people([message.get("from") or message.get("sender")])),
        ("Reply-To", _people(message.get("replyTo") or ())),
        ("To", _people(message.get("toRecipients") or ())),
        ("Cc", _people(message.get("ccRecipients") or ())),
        ("Subject", str(message.get("subject") or "")),
        ("Date", _date(sent_at)),
        ("Message-ID", str(message.get("internetMessageId") or "")),
    ]


def _people(recipients: Any) -> str:
    found = [(one or {}).get("emailAddress") or {} for one in recipients]
    return ", ".join(
        formataddr((str(one.get("name") or ""), str(one["address"]))) for one in found if one.get("address")
    )


def _date(said: str) -> str:
    try:
        moment = datetime.fromisoformat(said)
    except ValueError:
        return ""
    return format_datetime(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def _attach(
    mail: EmailMessage, attachment: Mapping[str, Any], client: GraphClient, *, path: str, room_bytes: int
) -> int:
    """The attachment is in the mail; gives how large it is. Raises TOO_LARGE if there is no room for it."""
    if room_bytes <= 0:
        raise ConnectorError(Reason.TOO_LARGE, permanent=True)
    where = f"{path}/attachments/{segment(str(attachment.get('id', '')))}"
    odata_type = str(attachment.get("@odata.type", "")).casefold()
    name = _clean(str(attachment.get("name") or ""))
    if odata_type.endswith("referenceattachment"):
        mail.add_attachment(_LINK_NOTE, filename=f"{name}.txt")
        return len(_LINK_NOTE)
    if odata_type.endswith("itemattachment"):
        content = client.raw(f"{where}/$value", max_bytes=room_bytes)
        maintype, subtype, ending = _type_of_item(content)
        mail.add_attachment(content, maintype=maintype, subtype=subtype, filename=f"{name}{ending}")
        return len(content)
    return _attach_file(mail, client.json("GET", where, max_bytes=2 * room_bytes + 65536), name=name)


def _attach_file(mail: EmailMessage, told: Mapping[str, Any], *, name: str) -> int:
    try:
        content = base64.b64decode(str(told.get("contentBytes") or ""))
    except (binascii.Error, ValueError):
        raise ConnectorError(Reason.PROTOCOL, permanent=False, detail="an attachment that is not base64") from None
    maintype, _, subtype = str(told.get("contentType") or "").partition(";")[0].strip().partition("/")
    if not (maintype.isalnum() and re.fullmatch(r"[\w.+-]+", subtype)) or maintype in ("multipart", "message"):
        maintype, subtype = "application", "octet-stream"
    content_id = _clean(str(told.get("contentId") or ""))
    mail.add_attachment(
        content,
        maintype=maintype,
        subtype=subtype,
        filename=name or None,
        disposition="inline" if told.get("isInline") else "attachment",
        cid=f"<{content_id.strip('<>')}>" if content_id else None,
    )
    return len(content)


def _type_of_item(content: bytes) -> tuple[str, str, str]:
    start = content[:200].lstrip().upper()
    found = (rest for begins, *rest in _ITEM_TYPES if start.startswith(begins))
    maintype, subtype, ending = next(found, ("application", "octet-stream", ".eml"))
    return maintype, subtype, ending


def _clean(text: str) -> str:
    """Without what has no place in a header or body: NUL and lone surrogates; names lose their line ends, too."""
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")
