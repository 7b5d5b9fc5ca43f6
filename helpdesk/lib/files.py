"""Files that survive a power cut before anything points to them, under random keys that no sender chose.

Local folders are synchronised to the disk: each file, its folder, and every folder made on the way. Other storages
(S3) answer only when they have the bytes.
"""

from __future__ import annotations

import errno
import json
import os
import secrets
import shutil
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, default_storage

from helpdesk.lib import clock, faults

NOTES_SUFFIX = ".notes.jsonl"
_FILE_MODE, _FOLDER_MODE = 0o600, 0o700
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class StorageDown(Exception):
    """The storage as a whole does not work: files could not be written, and none is left behind; or it is not there."""

    def __init__(self, error: OSError) -> None:
        self.is_full = error.errno in _FULL
        super().__init__(error.strerror or type(error).__name__)


@dataclass(frozen=True)
class Piece:
    """One file to write, and what is noted of it beside it."""

    content: bytes = field(repr=False)
    note: Mapping[str, object] | None = None


def write_durably(prefix: str, content: bytes) -> str:
    """The content is in storage for good; gives its key. Raises StorageDown."""
    return write_all_durably(prefix, [Piece(content)])[0]


def write_all_durably(prefix: str, pieces: Sequence[Piece]) -> list[str]:
    """All pieces are in storage for good, and one file with their notes; gives the pieces' keys in order.

    prefix: a folder of the storage, such as `raw/7`; the day and a random name follow. The notes are JSON lines that
    name the key: one file for the batch, since each file more has to reach the disk.
    Raises StorageDown when one cannot be written: then none of them is there.
    """
    keys = [f"{prefix}/{clock.now():%Y-%m-%d}/{secrets.token_hex(16)}" for _ in pieces]
    contents = [(key, piece.content) for key, piece in zip(keys, pieces, strict=True)]
    notes = [{"key": key, **piece.note} for key, piece in zip(keys, pieces, strict=True) if piece.note is not None]
    if notes:
        contents.append((keys[0] + NOTES_SUFFIX, "".join(json.dumps(note) + "\n" for note in notes).encode()))
    try:
        if isinstance(default_storage, FileSystemStorage):
            _write_local(contents)
        else:
            _write_elsewhere(contents)
    except OSError as error:
        undo(keys)
        raise StorageDown(error) from error
    return keys


def try_out(*, size_bytes: int) -> None:
    """A file of this size could be written now; nothing is left of the trial. Raises StorageDown."""
    discard([write_durably("trial", b"trial")])
    if not isinstance(default_storage, FileSystemStorage):
        return
    if shutil.disk_usage(default_storage.path("")).free < size_bytes:
        raise StorageDown(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))


def read(key: str, *, most: int = -1) -> bytes:
    """The bytes under this key; the first `most` of them unless that is negative.

    Raises FileNotFoundError; StorageDown where the whole area of the key is missing, as when a disk is not mounted.
    """
    try:
        with default_storage.open(key) as file:
            return bytes(file.read(most))
    except FileNotFoundError as error:
        if not _has_area_of(key):
            raise StorageDown(error) from error
        raise


def undo(keys: Sequence[str]) -> None:
    """Nothing is left of what was written together under these keys."""
    discard([*keys, *(key + NOTES_SUFFIX for key in keys[:1])])


def discard(keys: Iterable[str]) -> None:
    """Nothing is left under these keys; what cannot be removed stays, without an error."""
    for key in keys:
        with suppress(OSError):
            default_storage.delete(key)


def folders_in(prefix: str) -> list[str]:
    """The names of the folders right under this prefix, sorted; none if there is no such folder.

    Raises NotImplementedError where the storage cannot list, OSError where it does not answer.
    """
    return sorted(_listed(prefix)[0])


def keys_in(prefix: str) -> list[str]:
    """The keys right under this prefix, sorted, those of notes included. Raises as `folders_in`."""
    return sorted(f"{prefix}/{name}" for name in _listed(prefix)[1])


def keys_noted_in(notes_key: str) -> set[str]:
    """The keys that a file of notes is about; a note that was cut off is left out. Raises OSError."""
    keys: set[str] = set()
    for line in read(notes_key).splitlines():
        with suppress(ValueError, KeyError, TypeError):
            keys.add(str(json.loads(line)["key"]))
    return keys


def _has_area_of(key: str) -> bool:
    """True unless the storage is a local folder without the first folder of the key, which is never removed."""
    area = key.partition("/")[0]
    return not isinstance(default_storage, FileSystemStorage) or Path(default_storage.path(area)).is_dir()


def _listed(prefix: str) -> tuple[list[str], list[str]]:
    try:
        return default_storage.listdir(prefix)
    except FileNotFoundError:
        return [], []


def _write_elsewhere(files: Sequence[tuple[str, bytes]]) -> None:
    for key, content in files:
        default_storage.save(key, ContentFile(content))


def _write_local(files: Sequence[tuple[str, bytes]]) -> None:
    """First everything is written, then synchronised: the disk gathers the batch instead of waiting for each file."""
    descriptors: list[int] = []
    folders: set[Path] = set()
    try:
        for key, content in files:
            path = Path(default_storage.path(key))
            if path.parent not in folders:
                _make_folder(path.parent)
                folders.add(path.parent)
            descriptors.append(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _FILE_MODE))
            _write(descriptors[-1], content)
            faults.point("files.written")
        for descriptor in descriptors:
            os.fsync(descriptor)
    finally:
        for descriptor in descriptors:
            os.close(descriptor)
    for folder in folders:
        _synchronise(folder)


def _write(descriptor: int, content: bytes) -> None:
    left = memoryview(content)
    while left:
        left = left[os.write(descriptor, left) :]


def _make_folder(folder: Path) -> None:
    """The folder is there, and its parents know it for good."""
    if folder.is_dir():
        return
    _make_folder(folder.parent)
    with suppress(FileExistsError):
        folder.mkdir(mode=_FOLDER_MODE)
    _synchronise(folder.parent)


def _synchronise(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
