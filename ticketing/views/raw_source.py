"""The bytes of a message as they came: to read, made harmless, and to save. Storage is read outside the scope."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from helpdesk.accounts.access import OrganizationRequest, opens_scope_itself, requires
from helpdesk.accounts.capabilities import Capability
from helpdesk.tenancy.scope import organization_scope
from helpdesk.web.rendering import page_or_part
from mailboxes.models import RawMessage, RemoteMessage
from ticketing.mail.parse import parse_mail
from ticketing.queries.deciding_lines import Marks, deciding
from ticketing.views.attachments import FILE_POLICY
from ticketing.views.inbound_log import entry_or_404

SHOWN_BYTES = 256 * 1024
SHOWN_LINES = 5_000
MOST_DECODED = 10
NOTHING = Marks()
_NAME = re.compile(r"([!-9;-~]+):(.*)", re.DOTALL)
_LINE_END = re.compile(r"\r\n|\r|\n")
# Controls, and characters that turn the direction of what follows: shown by their number.
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True)
class SourceLine:
    """One line; `name` is the header's, empty elsewhere."""

    name: str
    text: str
    is_marked: bool = False  # it decided what became of the message


@require_safe
@requires(Capability.VIEW_INBOUND_LOG)
@opens_scope_itself
def raw_source(request: OrganizationRequest, entry_id: int) -> HttpResponse:
    """The source as text, at most SHOWN_BYTES of it."""
    with organization_scope(request.organization.pk):
        entry = entry_or_404(entry_id)
    content = _beginning(entry.raw.storage_key) if entry.raw else None
    marks = deciding(entry)
    lines = source_lines(content or b"", marks=marks)
    is_cut = content is not None and (len(content) > SHOWN_BYTES or len(lines) > SHOWN_LINES)
    context = {"entry": entry, "is_here": content is not None, "lines": lines[:SHOWN_LINES], "is_cut": is_cut}
    context["has_marks"] = any(line.is_marked for line in lines[:SHOWN_LINES])
    context["decoded"] = decoded_lines(content or b"", lines, marks=marks)
    with organization_scope(request.organization.pk):
        return page_or_part(request, "ticketing/inbound_log_source.html", "ticketing/_inbound_log_source.html", context)


@require_safe
@requires(Capability.VIEW_INBOUND_LOG)
def source_of_message(request: OrganizationRequest, raw_id: int) -> HttpResponse:
    """To the source of the mail that a message was made from; 404 when no server showed it."""
    return redirect("raw_source", slug=request.organization.slug, entry_id=_entry_id_or_404(raw_id))


@require_safe
@requires(Capability.VIEW_INBOUND_LOG)
def entry_of_message(request: OrganizationRequest, raw_id: int) -> HttpResponse:
    """To what the log says of a mail; 404 when no server showed it."""
    return redirect("inbound_log_entry", slug=request.organization.slug, entry_id=_entry_id_or_404(raw_id))


def _entry_id_or_404(raw_id: int) -> int:
    raws = RawMessage.objects.filter(pk=raw_id)  # unlike a reference, a key may be compared to any number
    sightings = RemoteMessage.objects.filter(raw__in=raws, resighting_of=None).order_by("id")
    entry_id: int | None = sightings.values_list("id", flat=True).first()
    if entry_id is None:
        raise Http404
    return entry_id


@require_safe
@requires(Capability.VIEW_INBOUND_LOG)
@opens_scope_itself
def raw_download(request: OrganizationRequest, entry_id: int) -> HttpResponseBase:
    """The whole source as a file to save; no browser shows or runs it."""
    with organization_scope(request.organization.pk):
        entry = entry_or_404(entry_id)
    key = entry.raw.storage_key if entry.raw else ""
    if not key or not default_storage.exists(key):
        raise Http404
    response = FileResponse(
        default_storage.open(key), as_attachment=True, filename=f"message-{entry.pk}.eml", content_type="message/rfc822"
    )
    response["Content-Security-Policy"] = FILE_POLICY
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response


def source_lines(content: bytes, *, marks: Marks = NOTHING) -> list[SourceLine]:
    """The first SHOWN_BYTES as lines, bytes that are no UTF-8 and characters that do something by their numbers."""
    text = content[:SHOWN_BYTES].decode("utf-8", "backslashreplace")
    lines: list[SourceLine] = []
    is_header, header = True, ""
    for line in _LINE_END.split(text)[: SHOWN_LINES + 1]:
        is_header = is_header and line != ""
        match = _NAME.fullmatch(line) if is_header else None
        name, rest = (match[1], match[2]) if match else ("", line)
        header = name or header  # a line that begins with a space belongs to the header before
        is_marked = marks.marks_header(header, rest) if is_header else marks.marks_body(rest)
        lines.append(SourceLine(name, _UNSEEN.sub(_number, rest), is_marked=is_marked))
    return lines


def decoded_lines(content: bytes, lines: Sequence[SourceLine], *, marks: Marks) -> list[str]:
    """The lines of the body that decided, decoded; where the source shows one itself, or none was looked for, nothing.

    lines: of the source. What goes on over a line end is two lines in one.
    """
    body = lines[next((at for at, line in enumerate(lines) if not line.name and not line.text), len(lines)) :]
    if not marks.in_body or any(line.is_marked for line in body):
        return []
    said = [" ".join(line.split()) for line in parse_mail(content).text.splitlines()]
    found = [line for line in said if marks.marks_body(line)]
    found = found or [f"{one} {other}" for one, other in pairwise(said) if marks.marks_body(f"{one} {other}")]
    return [_UNSEEN.sub(_number, line) for line in found[:MOST_DECODED]]


def _number(match: re.Match[str]) -> str:
    return f"\\x{ord(match[0]):02x}" if ord(match[0]) < 256 else f"\\u{ord(match[0]):04x}"


def _beginning(key: str) -> bytes | None:
    """One byte more than is shown; None if the file is not kept any more."""
    if not key:
        return None
    try:
        with default_storage.open(key) as file:
            return bytes(file.read(SHOWN_BYTES + 1))
    except FileNotFoundError:
        return None
