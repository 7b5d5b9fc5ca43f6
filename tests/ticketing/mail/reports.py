"""Reports of mail programs and providers about a mail, as bytes."""

from __future__ import annotations

from collections.abc import Mapping


def report_on(kind: str, parts: Mapping[str, str], *, sender: str = "anna@customer.test") -> bytes:
    """A multipart/report of this type; parts: content by media type, behind a text for people."""
    lines = [
        f"From: {sender}",
        "Subject: Report",
        f"Content-Type: multipart/report; report-type={kind}; boundary=x",
        "",
    ]
    for media_type, content in {"text/plain": "This is a report.", **parts}.items():
        lines += ["--x", f"Content-Type: {media_type}", "", content, ""]
    return "\r\n".join([*lines, "--x--", ""]).encode()
