"""The pieces below parse_mail: fields, addresses, dates, charsets, transfer encodings, file types."""

import struct
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from helpdesk.lib.text import clean_filename, clean_line, clean_text
from tests.ticketing.mail.letters import HEAD, file_part, html_mail, mixed_mail, text_mail
from ticketing.mail.addresses import parse_addresses
from ticketing.mail.budget import MAX_NOTES, Budget
from ticketing.mail.charset import codec_for, decode
from ticketing.mail.charset_guess import guess_legacy
from ticketing.mail.dates import parse_date
from ticketing.mail.encoded_words import decode_words
from ticketing.mail.fields import parse_value
from ticketing.mail.filetypes import extension_for, sniff_type
from ticketing.mail.html_text import html_to_text
from ticketing.mail.inline_images import inline_finder
from ticketing.mail.parse import parse_mail
from ticketing.mail.remarks import FileNote, RemarkCode, remark
from ticketing.mail.smime import signed_content
from ticketing.mail.tnef import unpack_tnef
from ticketing.mail.transfer import decode_transfer
from ticketing.mail.uuencode import decode_uu_body, extract_uu
from ticketing.mail.values import DEFAULT_LIMITS, Address


def budget(**limits: int) -> Budget:
    return Budget(replace(DEFAULT_LIMITS, **limits), monotonic=lambda: 0.0)


@pytest.mark.req("F12")
@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("UTF8", "utf-8"),
        ("utf-8;", "utf-8"),
        ('"iso-8859-1"', "cp1252"),
        ("3diso-8859-1", "cp1252"),
        ("iso_8859_2", "iso8859-2"),
        ("ISO8859-02", "iso8859-2"),
        ("cp-1250", "cp1250"),
        ("win-1251", "cp1251"),
        ("windows1252", "cp1252"),
        ("x-cp1251", "cp1251"),
        ("GB_2312-80", "gb18030"),
        ("x-unknown", None),
        ("zip", None),
        ("unicode_escape", None),
        ("a\x00b", None),
        ("", None),
    ],
)
def test_charset_names_as_mails_write_them(name: str, codec: str | None) -> None:
    assert codec_for(name) == codec


def test_charset_names_are_forgotten_when_there_are_too_many() -> None:
    for number in range(600):
        codec_for(f"made-up-{number}")
    assert codec_for("utf-8") == "utf-8"


@pytest.mark.parametrize(
    ("data", "declared", "text"),
    [
        (b"\xef\xbb\xbfhi", "utf-8", "hi"),
        (b"h\x00i\x00!\x00?\x00", None, "hi!?"),
        (b"\x00h\x00i\x00!\x00?", "utf-16", "hi!?"),
        ("grün".encode() + b"\xff" + "ä".encode() * 20, None, "grün\ufffd" + "ä" * 20),
        ("안녕하세요".encode("euc-kr") + b"\xff" + b"a" * 40, "euc-kr", "안녕하세요\ufffd" + "a" * 40),
        ("Grüße".encode("cp1252"), "utf-7", "Grüße"),
        ("你好，订单".encode("gb18030"), "iso-8859-1", "你好，订单"),
        (b"\x1b$B$3$s\x1b(B", "us-ascii", "\x1b$B$3$s\x1b(B"),
        (b"\x1b$B$3$s\x1b(B", "iso-2022-jp", "こん"),
    ],
)
def test_bytes_are_believed_before_labels(data: bytes, declared: str | None, text: str) -> None:
    assert decode(data, declared)[0] == text


def test_bytes_of_no_language_still_decode() -> None:
    assert isinstance(decode(bytes(range(128, 256)) * 3)[0], str)
    assert guess_legacy(b"\x1b$B$3$s\x1b(B") == "iso2022_jp_ext"
    assert guess_legacy(b"plain") is None


@pytest.mark.parametrize(
    ("value", "addresses"),
    [
        ("ann@x.example", [("", "ann@x.example")]),
        ('"A \\"B\\" C" <ann@x.example>', [('A "B" C', "ann@x.example")]),
        ("Ann ann@x.example", [("Ann", "ann@x.example")]),
        ("<@relay.example:ann@x.example>", [("", "ann@x.example")]),
        ("Ann <ann @x.example>", [("Ann", "ann@x.example")]),
        ("Ann <mailto:ann@x.example>", [("Ann", "ann@x.example")]),
        ("'ann@x.example' <ann@x.example>", [("ann@x.example", "ann@x.example")]),
        ("ann@x.example <>", [("", "ann@x.example")]),
        ("Only A Name", [("Only A Name", "")]),
        ("undisclosed-recipients:;", []),
        (" , ;", []),
        ("=?utf-8?q?Lee=2C_Ann?= <ann@x.example>, b@x.example", [("Lee, Ann", "ann@x.example"), ("", "b@x.example")]),
        ("ann@x.example:25, b@x.example", [("25", "ann@x.example"), ("", "b@x.example")]),
        ("(a comment) <ann@x.example>", [("a comment", "ann@x.example")]),
        ("<one> <two@x.example>", [("", "two@x.example")]),
        ("=?utf-8?b?IA==?=", []),
    ],
)
def test_addresses_as_people_write_them(value: str, addresses: list[tuple[str, str]]) -> None:
    found, count = parse_addresses(value, limit=10)
    assert [(item.name, item.address) for item in found] == addresses
    assert count == len(addresses)


def test_addresses_beyond_the_limit_are_counted() -> None:
    found, count = parse_addresses("a@x.example, b@x.example, c@x.example", limit=1)
    assert (found, count) == ((Address("", "a@x.example"),), 3)


def test_endless_words_around_an_address_are_cut() -> None:
    found, _ = parse_addresses("word, " + "w " * 5000 + "<a@x.example>", limit=5)
    assert len(found) == 2


@pytest.mark.req("F17", "F19")
@pytest.mark.parametrize(
    ("value", "moment"),
    [
        ("Tue, 03 Mar 2026 09:15:60 +0100", datetime(2026, 3, 3, 8, 15, 59, tzinfo=UTC)),
        ("3 Mar 26 09:15 GMT", datetime(2026, 3, 3, 9, 15, tzinfo=UTC)),
        ("Thu, 13 Feb 1969 23:32:00 -0330", datetime(1969, 2, 14, 3, 2, tzinfo=UTC)),
        ("Tue, 03 Mar 2026 09:15:00", datetime(2026, 3, 3, 9, 15, tzinfo=UTC)),
        ("Tue, 03 Xxx 2026 09:15:00 +0000", None),
        ("Tue, 03 Mar 2026 29:15:00 +0000", None),
        ("Mon, 01 Jan 0001 00:00:00 +0100", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_dates(value: str, moment: datetime | None) -> None:
    assert parse_date(value) == moment


@pytest.mark.parametrize(
    ("value", "main", "parameters"),
    [
        ('text/plain; charset="utf-8"', "text/plain", {"charset": "utf-8"}),
        ("TEXT/Plain (really); Charset=x", "text/plain", {"charset": "x"}),
        ("multipart/mixed boundary=x", "multipart/mixed", {"boundary": "x"}),
        ("name=x.pdf", "", {"name": "x.pdf"}),
        ('attachment; filename="a \\"b\\".txt"', "attachment", {"filename": 'a "b".txt'}),
        ("attachment; filename*=utf-8'de'%C3%A4.txt", "attachment", {"filename": "ä.txt"}),
        ("attachment; filename*1=b; filename*0=a", "attachment", {"filename": "ab"}),
        ("", "", {}),
    ],
)
def test_structured_values(value: str, main: str, parameters: dict[str, str]) -> None:
    assert parse_value(value) == (main, parameters)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("=?utf-8?q?a?= b =?utf-8?q?c?=", "a b c"),
        ("=?utf-8?q?a?=\n =?iso-8859-1?q?=E4?=", "aä"),
        ("=?utf-8*de?q?=C3=A4?=", "ä"),
        ("=?utf-8?b?4?=", ""),
        ("a\x07b\tc", "a b c"),
    ],
)
def test_encoded_words(value: str, text: str) -> None:
    assert decode_words(value) == text


@pytest.mark.parametrize(
    ("data", "encoding", "decoded"),
    [
        (b"aGk=", "BASE64 ", b"hi"),
        (b"=68i", "Quoted-Printable", b"hi"),
        (b"hi", "binary", b"hi"),
        (b'begin 644 a\n"2&D\n`\nend\n', "x-uuencode", b"Hi"),
        (b"no begin", "x-uuencode", b"no begin"),
        (b"aGk= and words", "base64", b"hi"),
        (b"aGVsbG8gd29ybGQ=\n" * 40, "base64", b"hello world" * 40),
        (b"a", "base64", b""),
    ],
)
def test_transfer_encodings(data: bytes, encoding: str, decoded: bytes) -> None:
    assert decode_transfer(memoryview(data), encoding, budget=budget()) == decoded


def test_text_that_only_claims_to_be_base64_is_read_as_it_stands() -> None:
    mail = parse_mail(text_mail(b"Hello you, how are you?", headers=b"Content-Transfer-Encoding: base64\r\n"))
    assert mail.text == "Hello you, how are you?"


def test_uuencode_without_content_stays_in_the_text() -> None:
    text = "begin 644 notes\n\nnothing encoded here\n"
    assert extract_uu(text) == (text, [])
    assert extract_uu("begin 644 a\nünicode\n")[1] == []
    assert decode_uu_body(b"begin 644 a\r\n#0V%T\r\nnot uu, but long enough to be none\r\n") == b"Cat"


@pytest.mark.req("F94")
@pytest.mark.parametrize(
    ("content", "declared", "filename", "found"),
    [
        (b"%PDF-1.7", "application/octet-stream", "a.bin", "application/pdf"),
        (b"MZ\x90", "image/png", "a.png", "application/vnd.microsoft.portable-executable"),
        (b"<svg onload=x>", "image/png", "a.png", "image/svg+xml"),
        (b"<?xml version='1.0'?><a/>", "image/svg+xml", "a.svg", "image/svg+xml"),
        (b"<?xml version='1.0'?><a/>", "", "a.xml", "application/xml"),
        (b"<html>", "text/plain", "a.txt", "text/html"),
        (b"PK\x03\x04", "", "a.docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        (b"PK\x03\x04", "image/png", "a.png", "application/zip"),
        (b"\xd0\xcf\x11\xe0", "application/msword", "a", "application/msword"),
        (b"RIFF\x00\x00\x00\x00WEBP", "", "", "image/webp"),
        (b"words", "text/html", "a.html", "text/html"),
        (b"words", "image/png", "a.png", "application/octet-stream"),
        (b"words", "nonsense", "", "application/octet-stream"),
        (b"a,b", "", "a.csv", "text/csv"),
        (b"ID3\x03\x00\x00\x00\x00\x00\x00", "", "", "audio/mpeg"),
        (b"x", "", "", "application/octet-stream"),
    ],
)
def test_types_are_read_from_the_bytes(content: bytes, declared: str, filename: str, found: str) -> None:
    assert sniff_type(content, declared=declared, filename=filename) == found


def test_extensions_of_invented_names() -> None:
    assert (extension_for("image/jpeg"), extension_for("application/x-nobody-knows")) == (".jpg", "")


@pytest.mark.req("F16")
def test_text_for_columns_has_no_nul_and_no_lone_surrogate() -> None:
    assert clean_text("a\x00b\ud800ä") == "abä"
    assert clean_line(" a\r\n b\u2028c ") == "a  b c"
    assert clean_filename(".hidden", max_length=9) == "hidden"
    assert clean_filename("a" * 20, max_length=9) == "a" * 9


def test_html_reads_as_text() -> None:
    html = (
        "<h1>T</h1><p>a <br>b</p><blockquote>q<blockquote>r</blockquote></blockquote><pre>x\n  y</pre><hr>"
        "<ol><li>one<ul><li>in</li></ul></li><li>two</li></ol><table><tr><td>1</td><td>2</td></tr></table>"
        "<img alt='logo'><a href='https://x.example'>x.example</a><a href='mailto:a@b'>me</a>"
    )
    text = html_to_text(html)
    assert text == (
        "T\n\na\nb\n> q\n> > r\n\nx\n  y\n\n----------\n\n1. one\n  - in\n2. two\n\n1 2\n\nlogo x.exampleme"
    )
    assert html_to_text("<a href='https://x.example/y'>z</a>", with_links=False) == "z"
    assert html_to_text("") == ""


def test_deep_html_reads_as_bare_words() -> None:
    assert html_to_text("<div>" * 300 + "words" + "</div>" * 300) == "words"
    assert html_to_text("<div>" * 3000 + "words") == "words"


def test_inline_images_are_found_by_what_the_html_says() -> None:
    part = file_part(b"GIF89a", headers=b"Content-Type: image/gif; name=Logo.GIF\r\nContent-ID: <a%20b@x>\r\n")
    html = b"Content-Type: text/html\r\n\r\n<img src='cid:logo.gif'>"
    mail = parse_mail(mixed_mail(html, part, kind=b"related"))
    assert mail.attachments[0].inline
    find = inline_finder(mail.attachments)
    assert find("CID:a%20b@x") is None
    assert find("./logo.gif") is mail.attachments[0]
    assert not parse_mail(mixed_mail(b"Content-Type: text/html\r\n\r\n<p>", part)).attachments[0].inline


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


def test_notes_do_not_repeat_and_end_somewhere() -> None:
    mine = budget()
    for number in range(MAX_NOTES * 2):
        mine.defect(remark(RemarkCode.CHARSET_GUESSED, taken=f"d{number}"))
        mine.note_cut(remark(RemarkCode.TOO_MANY_PARTS, left_out=number))
        mine.defect(remark(RemarkCode.CHARSET_GUESSED, taken="d0"))
    assert (len(mine.defects), len(mine.cut)) == (MAX_NOTES, MAX_NOTES)


def test_html_declared_as_nothing_and_enriched_text_are_read() -> None:
    assert parse_mail(html_mail("<p>a</p>")).text == "a"
    rich = b"Content-Type: text/enriched\r\n"
    assert parse_mail(text_mail(b"<bold>a</bold> <<b", headers=rich)).text == "a <b"


def test_pieces_of_text_and_html_are_read_in_order() -> None:
    mail = parse_mail(mixed_mail(b"\r\nfirst & only", b"Content-Type: text/html\r\n\r\n<p>second</p>"))
    assert mail.text == "first & only\n\nsecond"
    assert mail.html == "<div>first &amp; only</div>\n<p>second</p>"


def test_a_named_text_is_the_body_when_there_is_no_other() -> None:
    alone = parse_mail(text_mail(b"words", headers=b"Content-Type: text/plain; name=message.txt\r\n"))
    assert (alone.text, alone.attachments) == ("words", ())
    named = parse_mail(mixed_mail(file_part(b"words", headers=b"Content-Type: text/plain; name=message.txt\r\n")))
    assert (named.text, [item.filename for item in named.attachments]) == ("words", ["message.txt"])


def test_stray_lines_between_headers_are_skipped() -> None:
    mail = parse_mail(b"Subject: s\r\nsome rubbish here\r\nX-Other-Field: v\r\n\r\nbody")
    assert (mail.text, mail.header("x-other-field")) == ("body", "v")


def test_head_alone_is_a_mail() -> None:
    assert parse_mail(HEAD).text == ""
