"""Translations for tests: a language that exists for one test alone."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from pathlib import Path


def write_catalog(folder: Path, *, language: str, sentences: Mapping[str, str]) -> Path:
    """A compiled catalogue (GNU .mo) with these translations stands in the folder; gives it, for LOCALE_PATHS."""
    header = "Content-Type: text/plain; charset=UTF-8\nPlural-Forms: nplurals=2; plural=(n != 1);\n"
    pairs = sorted((source.encode(), said.encode()) for source, said in {"": header, **sentences}.items())
    count = len(pairs)
    offset = 28 + 16 * count
    tables = [b"", b""]
    texts = b""
    for column in (0, 1):
        for pair in pairs:
            tables[column] += struct.pack("<II", len(pair[column]), offset + len(texts))
            texts += pair[column] + b"\x00"
    head = struct.pack("<7I", 0x950412DE, 0, count, 28, 28 + 8 * count, 0, 0)
    place = folder / language / "LC_MESSAGES"
    place.mkdir(parents=True)
    (place / "django.mo").write_bytes(head + tables[0] + tables[1] + texts)
    return folder
