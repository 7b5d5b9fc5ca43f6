"""The command prints one object per file and fails at the end when a file could not be read."""

import io
import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

MAILS = Path(__file__).parents[2] / "mail"
PLAIN, HTML = str(MAILS / "plain_text.eml"), str(MAILS / "html_only.eml")
KEYS = [
    "file", "subject", "from", "to", "cc", "reply_to", "date", "message_id", "in_reply_to", "references", "text",
    "html", "reply_text", "attachments", "auto_submitted", "auto_kind", "bounce", "spam", "defects", "error",
]  # fmt: skip


def printed(*files: str, **options: bool) -> str:
    out = io.StringIO()
    call_command("inspect_email", *files, stdout=out, **options)
    return out.getvalue()


def test_json_has_exactly_the_promised_keys() -> None:
    seen = json.loads(printed(PLAIN, json=True))
    assert list(seen) == KEYS
    assert (seen["file"], seen["from"]) == (PLAIN, {"name": "Ann Lee", "address": "ann@customer.example"})


def test_json_lines_print_one_object_a_line() -> None:
    lines = printed(PLAIN, HTML, json_lines=True).splitlines()
    assert [json.loads(line)["file"] for line in lines] == [PLAIN, HTML]


def test_without_an_option_people_can_read_it() -> None:
    assert "subject:        Blue lamp" in printed(PLAIN)


def test_a_missing_file_is_an_error_after_the_others(capsys: pytest.CaptureFixture[str]) -> None:
    out = io.StringIO()
    with pytest.raises(CommandError, match="1 of 2 files"):
        call_command("inspect_email", str(MAILS / "nothing.eml"), PLAIN, json_lines=True, stdout=out)
    errors = [json.loads(line)["error"] for line in out.getvalue().splitlines()]
    assert errors == ["No such file or directory", None]


def test_standard_input_is_a_file_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(Path(PLAIN).read_bytes())))
    assert json.loads(printed("-", json=True))["subject"] == "Blue lamp"
