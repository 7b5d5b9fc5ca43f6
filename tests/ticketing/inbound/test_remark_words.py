"""Messages and files keep codes and values of what is odd; the sentences are made when somebody reads them."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import translation

from tests.factories.catalogs import write_catalog
from tests.factories.incoming import make_mail, receive
from ticketing.mail.remarks import FileNote, RemarkCode
from ticketing.models import Attachment, KeptNote, KeptRemark, Message
from ticketing.remark_words import file_note, message_remarks

VALUES: dict[str, dict[str, Any]] = {
    RemarkCode.CONTENT_TYPE_INVALID: {"declared": "odd"},
    RemarkCode.CHARSET_IS_UTF8: {"declared": "latin-1"},
    RemarkCode.BYTES_OUTSIDE_CHARSET: {"charset": "big5"},
    RemarkCode.CHARSET_UNDECLARED: {"taken": "iso8859-2"},
    RemarkCode.CHARSET_GUESSED: {"taken": "cp1251"},
    RemarkCode.OUT_OF_TIME: {"seconds": 20},
    RemarkCode.NESTED_TOO_DEEP: {"levels": 20},
    RemarkCode.TOO_MANY_PARTS: {"limit": 500, "left_out": 9500},
    RemarkCode.TOO_MANY_ADDRESSES: {"header": "To", "total": 2000, "kept": 1000},
    RemarkCode.TOO_MANY_HEADERS: {"left_out": 1500, "total": 2000},
    RemarkCode.HEADER_TOO_LONG: {"left_out_bytes": 2048, "total_bytes": 4096},
    RemarkCode.BODY_TOO_LONG: {"chars": 3000, "limit": 1000},
    RemarkCode.UNPACKS_TOO_LARGE: {"limit_bytes": 1024},
    RemarkCode.TNEF_TOO_MANY_FILES: {"limit": 100},
    KeptRemark.RECIPIENTS_LEFT_OUT: {"total": 900, "kept": 200},
    KeptRemark.OTHER_REQUESTER: {"how": "list", "name": "Anna", "address": "a@b.test", "sender": "list@b.test"},
    KeptNote.LEFT_OUT: {"why": "size"},
    KeptNote.MAIL_TOO_LARGE: {"size_bytes": 80_000_000, "limit_bytes": 50_000_000},
}
SHOWN: dict[str, list[str]] = {  # where the value is not shown as it is
    RemarkCode.OUT_OF_TIME: ["20 seconds"],
    RemarkCode.HEADER_TOO_LONG: ["2.0\xa0KB", "4.0\xa0KB"],
    RemarkCode.UNPACKS_TOO_LARGE: ["1.0\xa0KB"],
    KeptRemark.OTHER_REQUESTER: ["Anna <a@b.test>", "list@b.test"],
    KeptNote.MAIL_TOO_LARGE: ["76.3\xa0MB", "47.7\xa0MB"],
}


@pytest.mark.parametrize("code", [*RemarkCode, *KeptRemark])
def test_every_remark_has_a_sentence_that_names_its_values(code: str) -> None:
    values = VALUES.get(code, {})
    (words,) = message_remarks(Message(remarks=[{"code": str(code), **values}]))
    assert words.endswith(".")
    assert "%" not in words
    assert all(shown in words for shown in SHOWN.get(code, map(str, values.values())))


@pytest.mark.parametrize("code", [*FileNote, *KeptNote])
def test_every_note_on_a_file_has_words_that_name_its_values(code: str) -> None:
    values = VALUES.get(code, {})
    words = file_note(Attachment(note_code=str(code), note_data=values))
    assert words
    assert "%" not in words
    assert all(shown in words for shown in SHOWN.get(code, []))


def test_every_code_is_kept_whole_and_means_one_thing() -> None:
    codes = [*RemarkCode, *KeptRemark, *FileNote, *KeptNote]
    assert len(set(codes)) == len(codes)
    assert max(len(code) for code in (*FileNote, *KeptNote)) <= Attachment._meta.get_field("note_code").max_length


@pytest.mark.parametrize("stored", [{}, {"code": "unheard_of"}, {"code": "too_many_parts"}])
def test_a_remark_without_its_values_says_nothing_wrong(stored: dict[str, Any]) -> None:
    assert message_remarks(Message(remarks=[stored])) == []


def test_a_sentence_that_an_earlier_version_kept_is_still_read() -> None:
    assert message_remarks(Message(remarks=["There is no Date."])) == ["There is no Date."]


@pytest.mark.django_db
@pytest.mark.both
def test_values_are_kept_as_a_database_takes_them(support: Any) -> None:
    raw = make_mail(text="hi\n").replace(b"Content-Type: text/plain", b"Content-Type: t\x00ext\xff")
    (seen,) = receive(support, raw)
    (declared,) = [row["declared"] for row in Message.objects.get(raw_id=seen.raw_id).remarks if "declared" in row]
    assert declared.isprintable()


@pytest.mark.django_db
@pytest.mark.both
def test_a_mail_with_more_recipients_than_are_kept_says_how_many_it_names(support: Any) -> None:
    crowd = ", ".join(f"person{n}@elsewhere.test" for n in range(300)).encode()
    (seen,) = receive(support, b"Cc: " + crowd + b"\r\n" + make_mail())
    message = Message.objects.get(raw_id=seen.raw_id)
    assert message_remarks(message)[0] == "The mail names 301 recipients; the first 200 are listed."


@pytest.fixture
def german(settings: Any, tmp_path: Path) -> None:
    """A language in which some of the remarks are known."""
    sentences = {
        "There is no Date.": "Es fehlt ein Datum.",
        "S/MIME signature, not verified": "S/MIME-Signatur, nicht geprüft",
    }
    settings.LOCALE_PATHS = [write_catalog(tmp_path, language="de", sentences=sentences)]


@pytest.mark.usefixtures("german")
def test_remarks_are_read_in_the_readers_language() -> None:
    with translation.override("de"):
        assert message_remarks(Message(remarks=[{"code": "no_date"}])) == ["Es fehlt ein Datum."]
        assert file_note(Attachment(note_code="smime_signature")) == "S/MIME-Signatur, nicht geprüft"


@pytest.mark.usefixtures("german")
def test_the_inspecting_command_prints_english_everywhere(tmp_path: Path) -> None:
    file, out = tmp_path / "mail.eml", StringIO()
    file.write_bytes(b"From: a@b.test\r\nMessage-ID: <1@b.test>\r\n\r\nhi")
    with translation.override("de"):
        call_command("inspect_email", str(file), json_lines=True, stdout=out)
    assert json.loads(out.getvalue())["defects"] == ["There is no Date."]
