"""What a file is, by its first bytes: the sender's word is only a hint, since browsers act on the type."""

import mimetypes
import re
from pathlib import PurePosixPath

import puremagic

_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"%PDF-", "application/pdf"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"MZ", "application/vnd.microsoft.portable-executable"),
    (b"\x7fELF", "application/x-elf"),
    (b"#!", "text/x-script"),
    (b"{\\rtf", "application/rtf"),
    (b"\x1f\x8b", "application/gzip"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"Rar!\x1a\x07", "application/vnd.rar"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"BEGIN:VCALENDAR", "text/calendar"),
    (b"BEGIN:VCARD", "text/vcard"),
)
# Containers: one signature for many kinds, so the name or the declared type picks among those that fit.
_ZIP_KINDS = ("application/vnd.openxmlformats", "application/vnd.oasis", "application/epub", "application/java-archive")
_OLE_KINDS = ("application/msword", "application/vnd.ms-", "application/vnd.visio")
_MARKUP = re.compile(rb"\s*(?:\xef\xbb\xbf)?\s*<(!doctype html|html|head|body|script|svg|\?xml|!--)", re.IGNORECASE)
_VALID = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,126}/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}\Z")
_VAGUE = ("", "application/octet-stream", "application/download", "application/force-download", "application/binary")
_ALIASES = {
    "image/jpg": "image/jpeg",
    "image/pjpeg": "image/jpeg",
    "image/x-png": "image/png",
    "text/xml": "application/xml",
}
# What a browser would draw or run: never believed from name or header alone.
_ACTIVE = ("text/html", "image/svg+xml", "application/xhtml+xml")
_GENERIC = "application/octet-stream"
_NAMES = {
    "application/pdf": ".pdf", "image/jpeg": ".jpg", "image/png": ".png", "image/gif": ".gif", "text/plain": ".txt",
    "text/html": ".html", "text/calendar": ".ics", "text/vcard": ".vcf", "message/rfc822": ".eml", "text/csv": ".csv",
    "application/xml": ".xml", "application/zip": ".zip", "text/rfc822-headers": ".txt", "image/svg+xml": ".svg",
    "message/delivery-status": ".txt", "message/disposition-notification": ".txt", "application/rtf": ".rtf",
    "application/pgp-signature": ".asc", "application/pgp-keys": ".asc", "application/pgp-encrypted": ".txt",
    "application/pkcs7-signature": ".p7s", "application/pkcs7-mime": ".p7m", "application/ms-tnef": ".dat",
    "message/feedback-report": ".txt",
}  # fmt: skip


def sniff_type(content: bytes, *, declared: str, filename: str) -> str:
    """The media type the bytes show; where they show none, the declared one, then the name's, then octet-stream."""
    declared = _ALIASES.get(declared, declared)
    hint = declared if _VALID.match(declared) and declared not in _VAGUE else _by_name(filename)
    head = content[:64]
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            return kind
    if head.startswith(b"PK\x03\x04"):
        return _among(_ZIP_KINDS, hint, filename, "application/zip")
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        return _among(_OLE_KINDS, hint, filename, "application/x-ole-storage")
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "image/webp"
    if markup := _MARKUP.match(content[:512]):
        return _markup(markup[1].lower(), hint)
    if hint and hint not in _ACTIVE and not hint.startswith("image/"):
        return hint
    return _by_library(content) or (hint if hint in _ACTIVE else _GENERIC)


def extension_for(content_type: str) -> str:
    """The ending, with its dot, for an invented name; "" when none is known."""
    return _NAMES.get(content_type) or mimetypes.guess_extension(content_type) or ""


def _by_name(filename: str) -> str:
    guessed = mimetypes.guess_type(f"x{PurePosixPath(filename).suffix}")[0] if "." in filename else None
    return guessed or ""


def _among(kinds: tuple[str, ...], hint: str, filename: str, fallback: str) -> str:
    for candidate in (hint, _by_name(filename)):
        if candidate.startswith(kinds):
            return candidate
    return fallback


def _markup(start: bytes, hint: str) -> str:
    if start == b"svg" or (start in (b"?xml", b"!--") and hint == "image/svg+xml"):
        return "image/svg+xml"
    if start in (b"?xml", b"!--"):
        return hint if hint and not hint.startswith("image/") else "application/xml"
    return "text/html"


def _by_library(content: bytes) -> str:
    if len(content) < 4:
        return ""
    try:
        found = puremagic.magic_string(content[:4096], filename=None)
    except (puremagic.PureError, ValueError, IndexError):
        return ""
    return next((match.mime_type for match in found if match.confidence >= 0.5 and match.mime_type), "")
