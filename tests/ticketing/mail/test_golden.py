"""Bytes in, values out: each `tests/mail/TRAIT.eml` shows one trait; its `.json` names what must come out."""

import json
from pathlib import Path

import pytest

from ticketing.mail.inspection import inspect_mail
from ticketing.mail.parse import parse_mail
from ticketing.remark_words import remark_words

MAILS = Path(__file__).parents[2] / "mail"
NAMES = sorted(path.stem for path in MAILS.glob("*.eml"))


@pytest.mark.req("F4", "F5", "F11", "F12", "F13", "F14", "F16", "F17")
@pytest.mark.req("F88", "F89", "F91", "F92", "F93", "F94", "F95", "F97", "F98", "F99")
@pytest.mark.parametrize("name", NAMES)
def test_mail_reads_as_its_golden_values(name: str) -> None:
    expected = json.loads((MAILS / f"{name}.json").read_text())
    seen = inspect_mail(parse_mail((MAILS / f"{name}.eml").read_bytes()), file=name, say=remark_words)
    assert {key: seen[key] for key in expected} == expected
    json.dumps(seen)


def test_every_mail_has_its_golden_values() -> None:
    assert sorted(path.stem for path in MAILS.glob("*.json")) == NAMES
