"""What is attached to the mails of a fake of Graph: shown, added, and uploaded in pieces.

Sources: as in graph.
"""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.fakes.graph_access import graph_error
from tests.fakes.graph_mailbox import FakeAttachment, FakeItem
from tests.fakes.https import Answer, Request, json_answer

if TYPE_CHECKING:
    from tests.fakes.graph import FakeGraph

MAX_REQUEST_BYTES = 4 * 1024 * 1024  # docs issue 3079
MAX_MESSAGE_BYTES = 35 * 1024 * 1024  # unless the tenant's admin says otherwise (attachment-createuploadsession)


@dataclass
class Upload:
    """An upload session: its address is its proof (outlook-large-attachments)."""

    item: FakeItem
    told: dict[str, Any]
    received: bytearray = field(default_factory=bytearray)


class Attachments:
    """Those of all items of one fake."""

    def __init__(self, graph: FakeGraph) -> None:
        self._graph = graph
        self._uploads: dict[str, Upload] = {}
        self.upload_host = ""  # instead of our own

    def respond(self, request: Request, item: FakeItem, which: list[str]) -> Answer:
        """The answer to what is asked of one item's attachments."""
        match (request.method, *which):
            case ("GET",):
                return self._graph.paged(request, [one.shown(is_whole=False) for one in item.attachments], default=10)
            case ("POST",):
                return _attached(item, json.loads(request.body), size_bytes=len(request.body))
            case ("POST", "createUploadSession"):
                return self._begun(request, item)
        found = next((one for one in item.attachments if which and one.id == which[0]), None)
        if found is None:
            return graph_error(404, "ErrorItemNotFound")
        if which[1:] == ["$value"]:
            # attachment-get: of a link to the cloud there are no bytes
            return (
                graph_error(405, "ErrorInvalidRequest") if found.kind == "reference" else Answer(content=found.content)
            )
        return json_answer(found.shown(is_whole=True))

    def _begun(self, request: Request, item: FakeItem) -> Answer:
        told = json.loads(request.body)["AttachmentItem"]
        if item_bytes(item) + told["size"] > MAX_MESSAGE_BYTES:
            return graph_error(400, "ErrorMessageSizeExceeded")  # docs issue 2561
        number = f"{len(self._uploads) + 1}"
        self._uploads[number] = Upload(item, told)
        address = f"https://{self.upload_host or request.headers['host']}/uploads/{number}?authtoken=secret"
        return json_answer({"uploadUrl": address, "nextExpectedRanges": ["0-"]}, status=201)

    def piece(self, request: Request) -> Answer:
        """Pieces below 4 MB, in order; 200 for each but the last, 201 for that (outlook-large-attachments)."""
        upload = self._uploads.get(request.path.rpartition("/")[2])
        place = re.fullmatch(r"bytes (\d+)-(\d+)/(\d+)", request.headers.get("content-range", ""))
        if upload is None or place is None or request.query.get("authtoken") != "secret":
            return graph_error(401, "UploadSessionInvalid")
        start, end, total = (int(number) for number in place.groups())
        if len(request.body) > MAX_REQUEST_BYTES or "authorization" in request.headers:
            return graph_error(400, "UploadRefused")
        if start != len(upload.received) or end - start + 1 != len(request.body):
            return graph_error(416, "ErrorInvalidRange")
        upload.received += request.body
        if end + 1 < total:
            return json_answer({"nextExpectedRanges": [str(end + 1)]})
        upload.item.attachments.append(_attachment(upload.told, bytes(upload.received)))
        return Answer(status=201, headers={"Location": f"https://outlook.office.com/{request.path}"})


def item_bytes(item: FakeItem) -> int:
    """How large the item is with what is attached."""
    return len(item.raw) + sum(len(attachment.content) for attachment in item.attachments)


def _attached(item: FakeItem, told: dict[str, Any], *, size_bytes: int) -> Answer:
    if size_bytes > MAX_REQUEST_BYTES:
        return graph_error(413, "RequestEntityTooLarge")
    content = base64.b64decode(told["contentBytes"])
    if item_bytes(item) + len(content) > MAX_MESSAGE_BYTES:
        return graph_error(400, "ErrorMessageSizeExceeded")
    item.attachments.append(_attachment(told, content))
    return json_answer(item.attachments[-1].shown(is_whole=False), status=201)


def _attachment(told: dict[str, Any], content: bytes) -> FakeAttachment:
    return FakeAttachment(
        name=told["name"],
        content=content,
        media_type=told.get("contentType", "application/octet-stream"),
        is_inline=bool(told.get("isInline")),
        content_id=told.get("contentId", ""),
    )
