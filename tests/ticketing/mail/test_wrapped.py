"""What comes wrapped inside a part: signed and encrypted mail, and the files of a winmail.dat."""

import struct

import pytest

from tests.ticketing.mail.letters import budget
from ticketing.mail.parse import parse_mail
from ticketing.mail.remarks import FileNote, RemarkCode, remark
from ticketing.mail.smime import signed_content
from ticketing.mail.tnef import unpack_tnef


@pytest.mark.req("F95", "F96")
@pytest.mark.parametrize(
    ("name", "note"),
    [
        ("smime_opaque_signed", FileNote.SMIME_SIGNED),
        ("smime_encrypted", FileNote.SMIME_LOCKED),
        ("pgp_encrypted", FileNote.PGP_LOCKED),
    ],
)
def test_what_cannot_be_trusted_or_opened_is_said(name: str, note: FileNote) -> None:
    from tests.ticketing.mail.test_golden import MAILS

    mail = parse_mail((MAILS / f"{name}.eml").read_bytes())
    assert mail.attachments[-1].note == note


@pytest.mark.parametrize("der", [b"", b"0", b"\x30\x80\x06", b"\x30\x89", b"\x31\x00", b"\x30\x05\x06\x03abc"])
def test_broken_signatures_give_nothing(der: bytes) -> None:
    assert signed_content(der) is None


def test_signed_content_in_pieces_is_joined() -> None:
    oid = bytes.fromhex("06092a864886f70d010702")
    data = bytes.fromhex("06092a864886f70d010701")
    pieces = b"\x24\x80\x04\x02ab\x04\x01c\x00\x00"
    blob = b"\x30\x80" + oid + b"\xa0\x80\x30\x80\x02\x01\x01\x31\x00\x30\x80" + data + b"\xa0\x80" + pieces
    assert signed_content(blob) == b"abc"
    assert signed_content(blob.replace(data, oid)) is None
    assert signed_content(blob.replace(b"\x24\x80", b"\x05\x80")) is None


def tnef(*objects: tuple[int, int, bytes]) -> bytes:
    """A TNEF stream of (level, attribute, data)."""
    packed = (struct.pack("<BII", level, attribute, len(data)) + data + b"\0\0" for level, attribute, data in objects)
    return b"\x78\x9f\x3e\x22\x01\x00" + b"".join(packed)


def properties(*values: bytes) -> bytes:
    """A MAPI property list."""
    return struct.pack("<I", len(values)) + b"".join(values)


def variable(name: int, kind: int, data: bytes) -> bytes:
    """One MAPI property of varying length, padded to four bytes."""
    return struct.pack("<HHII", kind, name, 1, len(data)) + data + b"\0" * (-len(data) % 4)


@pytest.mark.req("F92")
def test_tnef_properties_name_files_and_hold_bodies() -> None:
    number = struct.pack("<HHI", 3, 0x0E20, 7)
    guid = b"\0" * 16
    named = struct.pack("<HH", 3, 0x8001) + guid + struct.pack("<II", 0, 5) + struct.pack("<I", 1)
    by_string = (
        struct.pack("<HH", 3, 0x8002) + guid + struct.pack("<II", 1, 6) + b"a\0b\0\0\0\0\0" + struct.pack("<I", 1)
    )
    message = properties(number, named, by_string, variable(0x1013, 258, b"<p>hi</p>"), variable(0x1000, 30, b"hi\0"))
    file = properties(
        variable(0x3704, 30, b"LONG~1.TXT\0"),
        variable(0x3707, 31, "größer.txt\0".encode("utf-16-le")),
        variable(0x3712, 30, b"<c@x>\0"),
        variable(0x3701, 13, guid + b"data"),
    )
    stream = tnef((1, 0x00069003, message), (2, 0x00069002, b""), (2, 0x00069005, file))
    unpacked = unpack_tnef(stream, budget=budget())
    assert (unpacked.text, unpacked.html) == ("hi", "<p>hi</p>")
    assert [(item.name, item.content, item.content_id) for item in unpacked.files] == [("größer.txt", b"data", "c@x")]


def test_tnef_of_too_many_or_too_large_files_is_cut() -> None:
    mine = budget()
    assert len(unpack_tnef(tnef(*[(2, 0x00069002, b"")] * 150), budget=mine).files) == 100
    assert len(mine.cut) == 1
    small = budget(decoded_bytes=3)
    stream = tnef((2, 0x00069002, b""), (2, 0x0006800F, b"four"))
    assert unpack_tnef(stream, budget=small).files == []
    assert len(small.cut) == 1


@pytest.mark.parametrize("bad", [variable(0x3707, 30, b"x")[:-4], struct.pack("<HH", 99, 1), b"\x03\x00"])
def test_tnef_properties_that_lie_are_a_defect(bad: bytes) -> None:
    mine = budget()
    unpack_tnef(tnef((2, 0x00069002, b""), (2, 0x00069005, properties(bad))), budget=mine)
    assert mine.defects == [remark(RemarkCode.TNEF_DAMAGED)]


@pytest.mark.req("F92")
def test_tnef_that_lies_about_its_lengths_gives_what_came_before() -> None:
    mine = budget()
    lie = b"\x78\x9f\x3e\x22\x01\x00" + b"\x01\x0c\x80\x02\x00\xff\xff\xff\x7f"
    assert unpack_tnef(lie, budget=mine).text == ""
    assert unpack_tnef(b"no tnef", budget=mine).files == []
    assert len(mine.defects) == 2
