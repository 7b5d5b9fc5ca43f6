"""Attached mails and calendar files, read for the page that shows them: words alone, nothing that runs or loads.

Read by the parsers of mail that comes in, with limits of their own: somebody is waiting for the page.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.safestring import SafeString, mark_safe

from helpdesk.lib.text import clean_line
from ticketing.mail.calendar import Calendar, read_calendar
from ticketing.mail.parse import parse_mail
from ticketing.mail.reading_html import in_our_type, text_in_our_type
from ticketing.mail.rich_text import is_blank
from ticketing.mail.sanitize import sanitize_html
from ticketing.mail.values import Address, Limits, ParsedMail
from ticketing.models import Attachment
from ticketing.queries.bodies import MAX_CHARS

MAX_BYTES = 10 * 1024 * 1024
MAX_NAMED = 30  # people of a header, and files
MAIL_TYPES = frozenset({"message/rfc822", "message/global"})
CALENDAR_TYPE = "text/calendar"
_LIMITS = Limits(decoded_bytes=3 * MAX_BYTES, text_chars=MAX_CHARS, time_s=5.0)


@dataclass(frozen=True)
class MailPreview:
    """A mail inside a mail."""

    subject: str
    sender: str
    people: tuple[tuple[str, str], ...]  # header (to, cc) and whom it names
    date: datetime | None  # as it claims
    body: SafeString
    images: int  # that are not shown
    files: tuple[tuple[str, int], ...]  # name and size
    more_files: int
    is_cut: bool


def can_be_shown(file: Attachment) -> bool:
    """True for a file that is here, has a preview, and is not too large for one."""
    is_known = file.content_type in MAIL_TYPES or file.content_type == CALENDAR_TYPE
    return is_known and file.blob_id is not None and file.size_bytes <= MAX_BYTES


def mail_preview(content: bytes) -> MailPreview | None:
    """The mail; None for bytes that are none."""
    mail = parse_mail(content, limits=_LIMITS)
    if mail.error is not None or not mail.headers:
        return None
    body, images = _body(mail)
    return MailPreview(
        subject=clean_line(mail.subject)[:998],
        sender=_named(mail.from_) if mail.from_ else "",
        people=tuple((header, _all(people)) for header, people in (("to", mail.to), ("cc", mail.cc)) if people),
        date=mail.date,
        body=mark_safe(body),  # noqa: S308  cleaned by in_our_type or escaped by text_in_our_type
        images=images,
        files=tuple((file.filename, file.size_bytes) for file in mail.attachments[:MAX_NAMED]),
        more_files=max(0, len(mail.attachments) - MAX_NAMED),
        is_cut=bool(mail.cut) or len(mail.text) >= MAX_CHARS,
    )


def calendar_preview(content: bytes) -> Calendar | None:
    """The calendar; None for bytes that are none."""
    return read_calendar(content)


def _body(mail: ParsedMail) -> tuple[str, int]:
    """Safe HTML, and how many images it leaves out."""
    if mail.html and len(mail.html) <= MAX_CHARS:
        clean = sanitize_html(mail.html, image_url=lambda _reference: None)
        shown = in_our_type(clean.html, image_url=lambda _reference: None)
        if not is_blank(shown):
            return shown, mail.html.lower().count("<img")
    return text_in_our_type(mail.text[:MAX_CHARS]), 0


def _all(people: tuple[Address, ...]) -> str:
    named = [_named(each) for each in people[:MAX_NAMED]]
    return ", ".join([*named, "…"] if len(people) > MAX_NAMED else named)


def _named(person: Address) -> str:
    name, address = clean_line(person.name)[:200], clean_line(person.address)[:320]
    return f"{name} <{address}>" if name else address
