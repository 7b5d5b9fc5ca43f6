"""Files that are whole or not there, under names that no sender chose."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import InMemoryStorage

from helpdesk.lib import files


@pytest.fixture
def folder(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path / "files"
    return tmp_path / "files"


def test_what_was_written_is_read_again_and_only_for_the_owner(folder: Path) -> None:
    key = files.write_durably("raw/7", b"content")
    path = folder / key
    assert files.read(key) == b"content"
    assert (stat.S_IMODE(path.stat().st_mode), stat.S_IMODE(path.parent.stat().st_mode)) == (0o600, 0o700)


def test_notes_of_a_batch_stand_in_one_file_beside_it_and_go_with_it(folder: Path) -> None:
    keys = files.write_all_durably("raw/7", [files.Piece(b"one", note={"n": 1}), files.Piece(b"two", note={"n": 2})])
    [notes] = folder.rglob("*.jsonl")
    assert [json.loads(line) for line in notes.read_text().splitlines()] == [
        {"key": keys[0], "n": 1},
        {"key": keys[1], "n": 2},
    ]
    files.undo(keys)
    assert [path for path in folder.rglob("*") if path.is_file()] == []


def test_equal_contents_have_different_keys(folder: Path) -> None:
    assert len(set(files.write_all_durably("raw/7", [files.Piece(b""), files.Piece(b"")]))) == 2


def test_when_one_piece_cannot_be_written_none_is_left(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "raw").mkdir(parents=True)
    (folder / "raw" / "7").write_text("in the way")
    with pytest.raises(files.StorageDown) as down:
        files.write_durably("raw/7", b"content")
    assert not down.value.is_full
    assert [path.name for path in folder.rglob("*") if path.is_file()] == ["7"]


def test_a_storage_that_is_no_folder_works_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "default_storage", InMemoryStorage())
    [key] = files.write_all_durably("raw/7", [files.Piece(b"content", note={})])
    assert files.read(key) == b"content"
