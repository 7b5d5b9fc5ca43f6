"""A program is known by what is in it; what only looks like one, or like none, is told apart."""

from __future__ import annotations

import pytest

from ticketing.mail.filetypes import sniff_type
from ticketing.mail.programs import is_program

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(22) + b"\x09\x00" + bytes(16) + b"\x00\x00\x00\x00" + bytes(460)
_MSI = bytes.fromhex("84100c0000000000c000000000000046")


def archive(first: bytes) -> bytes:
    """The beginning of a ZIP archive whose first file is called so."""
    return b"PK\x03\x04" + bytes(22) + len(first).to_bytes(2, "little") + b"\x00\x00" + first


@pytest.mark.req("S5.46")
@pytest.mark.parametrize(
    ("content", "filename", "is_one"),
    [
        (b"MZ\x90\x00\x03", "invoice.pdf", True),
        (b"MZ is our code for Mainz.", "note.txt", False),
        (b"\x7fELF\x02", "photo.jpg", True),
        (b"\xcf\xfa\xed\xfe\x07", "a", True),
        (b"L\x00\x00\x00\x01\x14\x02\x00", "Invoice.pdf", True),
        (b"Later\n", "a.txt", False),
        (b"#!/bin/sh\n", "readme.txt", True),
        (b"# Heading\n", "readme.md", False),
        (archive(b"META-INF/MANIFEST.MF"), "photos.zip", True),
        (archive(b"photos/META-INF/1.jpg"), "photos.zip", False),
        (archive(b"AndroidManifest.xml"), "photos.zip", True),
        (archive(b"[Content_Types].xml"), "letter.docx", False),
        (_OLE + bytes(80) + _MSI, "letter.doc", True),
        (_OLE + bytes(80) + _MSI[::-1], "letter.doc", False),
        (_OLE[:40], "letter.doc", False),
        (b"%PDF-1.7", "invoice.exe", False),
        (b"", "", False),
    ],
)
def test_a_program_is_told_by_its_bytes(content: bytes, filename: str, is_one: bool) -> None:
    content_type = sniff_type(content, declared="application/octet-stream", filename=filename)
    assert is_program(content, content_type=content_type) is is_one
