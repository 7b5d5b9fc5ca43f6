"""The pieces below parse_mail: fields, addresses, dates, charsets, transfer encodings, file types."""

from datetime import UTC, datetime

import pytest

from helpdesk.lib.text import clean_filename, clean_line, clean_text
from tests.ticketing.mail.letters import budget, text_mail
from ticketing.mail.addresses import parse_addresses
from ticketing.mail.charset import codec_for, decode
from ticketing.mail.charset_guess import guess_legacy
from ticketing.mail.dates import parse_date
from ticketing.mail.encoded_words import decode_words
from ticketing.mail.fields import parse_value
from ticketing.mail.filetypes import extension_for, sniff_type
from ticketing.mail.parse import parse_mail
from ticketing.mail.transfer import decode_transfer
from ticketing.mail.uuencode import decode_uu_body, extract_uu
from ticketing.mail.values import Address


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
        ("Fri, 31 Dec 9999 23:59:59 +0000", None),
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
