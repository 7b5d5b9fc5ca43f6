"""Bytes in, values out: each `tests/mail/TRAIT.eml` shows one trait; its `.json` names what must come out."""

import json
from pathlib import Path
from typing import Any

import pytest

from ticketing.mail.inspection import inspect_mail
from ticketing.mail.parse import parse_mail
from ticketing.remark_words import remark_words

MAILS = Path(__file__).parents[2] / "mail"
NAMES = sorted(path.stem for path in MAILS.glob("*.eml"))
# The failure reports that a mail was written after; the test of the mail is named after them, too.
REPORTED = [
    pytest.param("from_quoted_empty_address", marks=pytest.mark.req("F4")),
    pytest.param("no_from_no_date", marks=pytest.mark.req("F4", "F17")),
    pytest.param("mime_version_unknown", marks=pytest.mark.req("F5")),
    pytest.param("content_type_broken_subject_raw", marks=pytest.mark.req("F11")),
    pytest.param("content_type_nonsense", marks=pytest.mark.req("F11")),
    pytest.param("charset_windows_1250", marks=pytest.mark.req("F12")),
    pytest.param("charset_windows_1258", marks=pytest.mark.req("F12")),
    pytest.param("charset_unknown_name", marks=pytest.mark.req("F12")),
    pytest.param("charset_mislabelled_utf8", marks=pytest.mark.req("F12")),
    pytest.param("charset_undeclared_big5", marks=pytest.mark.req("F13")),
    pytest.param("charset_undeclared_cp1251", marks=pytest.mark.req("F13")),
    pytest.param("charset_undeclared_cp1252", marks=pytest.mark.req("F13")),
    pytest.param("charset_undeclared_euc_kr", marks=pytest.mark.req("F13")),
    pytest.param("charset_undeclared_gb", marks=pytest.mark.req("F13")),
    pytest.param("charset_undeclared_greek", marks=pytest.mark.req("F13")),
    pytest.param("charset_undeclared_shift_jis", marks=pytest.mark.req("F13")),
    pytest.param("encoded_words_split_inside_a_character", marks=pytest.mark.req("F14")),
    pytest.param("encoded_word_address", marks=pytest.mark.req("F14")),
    pytest.param("nul_bytes_everywhere", marks=pytest.mark.req("F16")),
    pytest.param("date_invalid", marks=pytest.mark.req("F17")),
    pytest.param("date_of_resending_invalid", marks=pytest.mark.req("F17")),
    pytest.param("empty_return_path_is_no_bounce", marks=pytest.mark.req("F88")),
    pytest.param("auto_replied", marks=pytest.mark.req("F89")),
    pytest.param("auto_x_autoreply", marks=pytest.mark.req("F89")),
    pytest.param("auto_precedence_auto_reply", marks=pytest.mark.req("F89")),
    pytest.param("bounce_report_failed", marks=pytest.mark.req("F89")),
    pytest.param("list_mail", marks=pytest.mark.req("F89")),
    pytest.param("inline_image_without_disposition", marks=pytest.mark.req("F91")),
    pytest.param("inline_image_unreferenced", marks=pytest.mark.req("F91")),
    pytest.param("inline_image_by_location", marks=pytest.mark.req("F91")),
    pytest.param("tnef_winmail_dat", marks=pytest.mark.req("F92")),
    pytest.param("tnef_damaged", marks=pytest.mark.req("F92")),
    pytest.param("attachment_name_rfc2231_continued", marks=pytest.mark.req("F93")),
    pytest.param("attachment_name_encoded_word", marks=pytest.mark.req("F14", "F93")),
    pytest.param("attachment_without_name", marks=pytest.mark.req("F93")),
    pytest.param("attachment_inline_octet_stream_pdf", marks=pytest.mark.req("F94")),
    pytest.param("smime_opaque_signed", marks=pytest.mark.req("F95")),
    pytest.param("html_without_declared_type", marks=pytest.mark.req("F97")),
    pytest.param("html_only", marks=pytest.mark.req("F97")),
    pytest.param("subject_only", marks=pytest.mark.req("F97")),
    pytest.param("reply_inline_answers", marks=pytest.mark.req("F98")),
    pytest.param("reply_below_the_quote", marks=pytest.mark.req("F98")),
    pytest.param("forwarded_as_attachment", marks=pytest.mark.req("F99")),
    pytest.param("calendar_invitation", marks=pytest.mark.req("F99")),
    pytest.param("attachment_of_outlook", marks=pytest.mark.req("F99")),
]


def cases() -> list[Any]:
    """Every mail once; those written after reports with the reports' rows in the name."""
    named = {case.values[0]: [row for mark in case.marks for row in mark.args] for case in REPORTED}
    reported = [
        pytest.param(*case.values, marks=case.marks, id="-".join([*named[case.values[0]], case.values[0]]))
        for case in REPORTED
    ]
    return [*reported, *(name for name in NAMES if name not in named)]


@pytest.mark.parametrize("name", cases())
def test_mail_reads_as_its_golden_values(name: str) -> None:
    expected = json.loads((MAILS / f"{name}.json").read_text())
    seen = inspect_mail(parse_mail((MAILS / f"{name}.eml").read_bytes()), file=name, say=remark_words)
    assert {key: seen[key] for key in expected} == expected
    json.dumps(seen)


def test_every_mail_has_its_golden_values() -> None:
    assert sorted(path.stem for path in MAILS.glob("*.json")) == NAMES
