"""Lists of entries as files: written as CSV, read from CSV or from text with one entry a line."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from ticketing.inbound.filtering import Entry
from ticketing.models.filters import EntryKind
from ticketing.services.filter_entries import EntryRefused, tidy_entry

MAX_FILE_BYTES = 2 * 1024 * 1024
MAX_WRONG = 20  # lines that are named; the rest is counted
COLUMNS = ("kind", "header", "value")
_FORMULA = re.compile(r"[=+\-@\t\r]")  # what a spreadsheet would take for a formula
_DOMAIN_LIKE = re.compile(r"(?:\*\.|@)?[^\s@,;]+\.[^\W\d_][\w-]*", re.ASCII)


@dataclass(frozen=True)
class WrongLine:
    """A line that is no entry."""

    number: int
    sentence: str


@dataclass(frozen=True)
class ReadList:
    """What a file says; with a wrong line nothing of it is taken."""

    entries: Sequence[Entry]
    wrong: Sequence[WrongLine]


def write_list(entries: Iterable[Entry]) -> str:
    """The entries as CSV, a line each below the names of the columns."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    writer.writerows([each.kind.value, each.header, _guarded(each.value)] for each in entries)
    return out.getvalue()


def read_list(content: bytes) -> ReadList:
    """The entries of a file: CSV if its first line names `kind` and `value`, else text with one entry a line.

    In text an address is known by its @, a domain by its dot; everything else is words. Lines with # are remarks.
    """
    text = _decoded(content)
    first = text.lstrip().partition("\n")[0].lower()
    is_csv = "kind" in first and "value" in first
    entries: list[Entry] = []
    wrong: list[WrongLine] = []
    for number, kind, value in _csv_lines(text) if is_csv else _text_lines(text):
        try:
            entries.append(tidy_entry(EntryKind(kind), value))
        except EntryRefused as refused:
            wrong.append(WrongLine(number, refused.sentence))
        except ValueError:
            wrong.append(WrongLine(number, _no_kind(kind)))
    return ReadList(tuple(dict.fromkeys(entries)), tuple(wrong))


def _csv_lines(text: str) -> Iterator[tuple[int, str, str]]:
    """Number, kind and what was written for it. Spreadsheets of many countries part by semicolons."""
    head = text.lstrip().partition("\n")[0]
    delimiter = max(",;\t", key=head.count)
    reader = csv.DictReader(io.StringIO(text.lstrip(), newline=""), delimiter=delimiter, strict=False)
    reader.fieldnames = [name.strip().lower() for name in reader.fieldnames or ()]
    for row in reader:
        value = _unguarded((row.get("value") or "").strip())
        header = (row.get("header") or "").strip()
        kind = (row.get("kind") or "").strip().lower()
        if kind or value:
            yield reader.line_num, kind, f"{header}: {value}" if kind == EntryKind.HEADER else value


def _text_lines(text: str) -> Iterator[tuple[int, str, str]]:
    for number, line in enumerate(text.splitlines(), start=1):
        written = line.strip().strip('"').strip()
        if written and not written.startswith("#"):
            yield number, _guessed(written), written


def _guessed(written: str) -> str:
    if " " not in written and "@" in written[1:]:
        return EntryKind.ADDRESS
    return EntryKind.DOMAIN if _DOMAIN_LIKE.fullmatch(written) else EntryKind.WORDS


def _no_kind(kind: str) -> str:
    known = ", ".join(EntryKind.values)
    return _("“%(kind)s” is no kind of entry. Write one of: %(known)s.") % {"kind": kind[:40], "known": known}


def _decoded(content: bytes) -> str:
    """Spreadsheets write UTF-8 with a mark, UTF-16, or what Windows speaks."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def _guarded(value: str) -> str:
    return f"'{value}" if _FORMULA.match(value) else value


def _unguarded(value: str) -> str:
    return value[1:] if value[:1] == "'" and _FORMULA.match(value[1:]) else value
