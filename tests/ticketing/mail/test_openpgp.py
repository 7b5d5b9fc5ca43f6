"""PGP that needs no key is opened, and what was inside is read again; what needs one is said, and kept as a file."""

from __future__ import annotations

import bz2
import zlib
from base64 import encodebytes

import pytest

from ticketing.mail.openpgp import opened_message, unwrapped
from ticketing.mail.parse import parse_mail
from ticketing.mail.remarks import FileNote, RemarkCode
from ticketing.mail.values import ParsedMail

pytestmark = pytest.mark.req("F96")
MAX = 10_000
INNER = (
    b'Content-Type: multipart/signed; boundary="s"; protocol="application/pgp-signature"\r\n\r\n'
    b'--s\r\nContent-Type: multipart/mixed; boundary="m"\r\n\r\n'
    b"--m\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nThe stove hisses.\r\n"
    b"--m\r\nContent-Type: application/pdf; name=stove.pdf\r\n\r\n%PDF-1.4\r\n--m--\r\n"
    b"--s\r\nContent-Type: application/pgp-signature; name=signature.asc\r\n\r\nsigned\r\n--s--\r\n"
)


def packet(tag: int, body: bytes) -> bytes:
    """With a length written the new way."""
    size = len(body)
    if size < 192:
        length = bytes([size])
    elif size < 8384:
        length = bytes([((size - 192) >> 8) + 192, (size - 192) & 0xFF])
    else:
        length = b"\xff" + size.to_bytes(4, "big")
    return bytes([0xC0 | tag]) + length + body


def literal(data: bytes) -> bytes:
    return packet(11, b"b\x03a.x" + b"\0" * 4 + data)


def signed(data: bytes) -> bytes:
    """As `gpg --sign` writes it: packed, with the signature around."""
    return packet(8, b"\x02" + zlib.compress(packet(4, b"x" * 13) + literal(data) + packet(2, b"y" * 70)))


def armored(data: bytes, *, headers: str = "Version: 1\n") -> str:
    return f"-----BEGIN PGP MESSAGE-----\n{headers}\n{encodebytes(data).decode()}=abcd\n-----END PGP MESSAGE-----"


ENCRYPTED = packet(1, b"k" * 20) + packet(18, b"e" * 300)


@pytest.mark.parametrize(
    ("message", "inner"),
    [
        (literal(b"hi"), b"hi"),
        (literal(b"h" * 300), b"h" * 300),
        (literal(b"h" * 9000), b"h" * 9000),
        (signed(b"hi"), b"hi"),
        (packet(8, b"\x00" + literal(b"hi")), b"hi"),
        (packet(8, b"\x01" + zlib.compress(literal(b"hi"))[2:-4]), b"hi"),
        (packet(8, b"\x03" + bz2.compress(literal(b"hi"))), b"hi"),
        (b"\xcb\xe1" + b"b\0" + b"\x64" + b"\0" * 4 + b"hi", None),  # a part that lies about its length
        (bytes([0xCB, 0xE1]) + b"b\0" + bytes([6]) + b"\0" * 4 + b"hi", b"hi"),  # in parts
        (bytes([0x80 | 11 << 2, 8]) + b"b\0" + b"\0" * 4 + b"hi", b"hi"),  # lengths the old way
        (bytes([0x80 | 11 << 2 | 1, 0, 8]) + b"b\0" + b"\0" * 4 + b"hi", b"hi"),
        (bytes([0x80 | 11 << 2 | 3]) + b"b\0" + b"\0" * 4 + b"hi", b"hi"),
        (packet(10, b"PGP") + literal(b"hi"), b"hi"),
        (ENCRYPTED, None),
        (packet(8, b"\x09zzz"), None),
        (packet(8, b"\x02zzz"), None),
        (packet(8, b"\x03zzz"), None),
        (packet(8, b"\x02" + zlib.compress(literal(b"h" * (MAX + 1)))), None),
        (packet(8, b"\x03" + bz2.compress(literal(b"h" * (MAX + 1)))), None),
        (packet(4, b""), None),
        (packet(4, b"x") * 200 + literal(b"hi"), None),
        (b"\xcb" + b"\xe0x" * 60_000 + b"\x00", None),  # in more parts than anybody writes
        (packet(11, b""), None),
        (b"plain words", None),
        (b"", None),
        (b"-----BEGIN PGP MESSAGE-----\n\nabc", None),
        (b"-----BEGIN PGP MESSAGE-----", None),
    ],
)
def test_a_message_is_opened_as_far_as_it_needs_no_key(message: bytes, inner: bytes | None) -> None:
    assert opened_message(message, max_bytes=MAX) == inner


def test_letters_among_the_armour_that_are_no_base64_stop_nothing() -> None:
    broken = armored(literal(b"hello")).replace("\n\n", "\n\n\xe4", 1).encode("latin-1")
    assert opened_message(broken, max_bytes=1000) == b"hello"


def test_what_is_packed_in_itself_again_and_again_is_given_up() -> None:
    message = literal(b"hi")
    for _ in range(3):
        message = packet(8, b"\x00" + message)
    assert opened_message(message, max_bytes=MAX) == b"hi"
    assert opened_message(packet(8, b"\x00" + message), max_bytes=MAX) is None


CLEAR = (
    "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nDear all,\n- -- \nIt hisses.\n"
    "-----BEGIN PGP SIGNATURE-----\n\nabc\n-----END PGP SIGNATURE-----\n"
)


@pytest.mark.parametrize(
    ("text", "said", "is_signed", "is_locked"),
    [
        ("No PGP.", "No PGP.", False, False),
        (CLEAR, "Dear all,\n-- \nIt hisses.\n", True, False),
        (f"Above\n{CLEAR}below", "Above\nDear all,\n-- \nIt hisses.\nbelow", True, False),
        (CLEAR.replace("\n", "\r\n"), "Dear all,\n-- \nIt hisses.\n", True, False),
        (f"See {armored(signed(b'It hisses.'))}", f"See {armored(signed(b'It hisses.'))}", False, False),
        (f"See\n{armored(signed(b'It hisses.'), headers='')}\n", "See\nIt hisses.\n", True, False),
        (armored(ENCRYPTED), armored(ENCRYPTED), False, True),
        ("> -----BEGIN PGP SIGNED MESSAGE-----\n> Hash: x\n>\n", "> -----BEGIN PGP SIGNED MESSAGE-----\n> Hash: x\n>\n",
         False, False),
        (CLEAR.partition("-----END")[0], CLEAR.partition("-----END")[0], False, False),
        ("-----BEGIN PGP MESSAGE-----\n\nabc", "-----BEGIN PGP MESSAGE-----\n\nabc", False, False),
        ("-----BEGIN PGP SIGNED MESSAGE-----\nHash", "-----BEGIN PGP SIGNED MESSAGE-----\nHash", False, False),
    ],
)  # fmt: skip
def test_a_text_is_shown_as_its_writer_wrote_it(text: str, said: str, is_signed: bool, is_locked: bool) -> None:
    found = unwrapped(text, max_bytes=MAX)
    assert (found.text, found.is_signed, found.is_locked) == (said, is_signed, is_locked)


def encrypted(payload: bytes, *, kind: str = "encrypted") -> ParsedMail:
    """A mail by PGP with this in the place of what is encrypted."""
    head = f"From: a@b.test\r\nContent-Type: multipart/{kind}; boundary=e\r\n\r\n"
    control = b"--e\r\nContent-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n"
    body = b"--e\r\nContent-Type: application/octet-stream; name=encrypted.asc\r\n\r\n" + payload + b"\r\n--e--\r\n"
    return parse_mail(head.encode() + control + body)


@pytest.mark.parametrize(
    ("payload", "kind"),
    [
        (armored(signed(INNER)).encode(), "encrypted"),
        (INNER, "encrypted"),  # a server has decrypted it on its way
        (armored(signed(INNER)).encode(), "mixed"),  # and another has taken it apart
    ],
)
def test_what_was_signed_inside_is_read_as_a_mail_again(payload: bytes, kind: str) -> None:
    mail = encrypted(payload, kind=kind)
    assert mail.text == "The stove hisses."
    notes = {file.filename: file.note for file in mail.attachments}
    assert (notes["stove.pdf"], notes["signature.asc"]) == (None, FileNote.PGP_SIGNATURE)
    assert notes["encrypted.asc"] is FileNote.PGP_SIGNED
    assert RemarkCode.PGP_ENCRYPTED not in {each.code for each in mail.defects}


def test_words_without_headers_are_shown_as_they_are() -> None:
    assert encrypted(armored(signed(b"It hisses.")).encode()).text == "It hisses."


@pytest.mark.parametrize("kind", ["encrypted", "mixed"])
def test_what_needs_a_key_is_said_and_kept(kind: str) -> None:
    mail = encrypted(armored(ENCRYPTED).encode(), kind=kind)
    assert (mail.text, mail.attachments[-1].note) == ("", FileNote.PGP_LOCKED)
    assert RemarkCode.PGP_ENCRYPTED in {each.code for each in mail.defects}


@pytest.mark.parametrize(
    ("text", "said", "note", "code"),
    [
        (CLEAR, "Dear all,\n-- \nIt hisses.", [FileNote.PGP_SIGNED], None),
        (armored(ENCRYPTED), armored(ENCRYPTED), [], RemarkCode.PGP_LOCKED_TEXT),
    ],
)
def test_a_text_keeps_its_signature_as_a_file(
    text: str, said: str, note: list[FileNote], code: RemarkCode | None
) -> None:
    mail = parse_mail(f"From: a@b.test\nDate: Mon, 1 Jun 2026 10:00:00 +0000\nMessage-ID: <a@b>\n\n{text}".encode())
    assert mail.text == said
    assert [file.note for file in mail.attachments] == note
    assert all(CLEAR.encode().strip() in file.content for file in mail.attachments)
    assert [each.code for each in mail.defects] == ([code] if code else [])
