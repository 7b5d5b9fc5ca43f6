"""Small mails made in code, for traits that would be too large to keep as files."""

from dataclasses import replace

from ticketing.mail.budget import Budget
from ticketing.mail.values import DEFAULT_LIMITS

HEAD = (
    b"From: Ann Lee <ann@customer.example>\r\nTo: help@acme.example\r\nSubject: s\r\n"
    b"Message-ID: <a1@customer.example>\r\nDate: Tue, 03 Mar 2026 09:15:00 +0100\r\n"
)


def text_mail(body: bytes, *, headers: bytes = b"") -> bytes:
    """A plain mail with this body."""
    return HEAD + headers + b"\r\n" + body


def html_mail(html: str, *, headers: bytes = b"") -> bytes:
    """A mail with HTML alone."""
    return HEAD + headers + b"Content-Type: text/html; charset=utf-8\r\n\r\n" + html.encode()


def mixed_mail(*parts: bytes, kind: bytes = b"mixed") -> bytes:
    """A multipart with these parts, each with its own header block."""
    body = b"".join(b"--=_b\r\n" + part + b"\r\n" for part in parts)
    return HEAD + b"Content-Type: multipart/" + kind + b'; boundary="=_b"\r\n\r\n' + body + b"--=_b--\r\n"


def file_part(content: bytes, *, headers: bytes = b"Content-Type: application/octet-stream; name=a.bin\r\n") -> bytes:
    """An attachment, not encoded."""
    return headers + b"\r\n" + content


def budget(**limits: int) -> Budget:
    """What may be spent on a mail with these limits, at a moment that does not pass."""
    return Budget(replace(DEFAULT_LIMITS, **limits), monotonic=lambda: 0.0)
