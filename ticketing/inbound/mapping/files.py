"""The files of a mail that fields take: each stays with its message, and the field names it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from uuid import UUID, uuid4

from ticketing.fields.values import FileRef, Value, file_refs, newest_files
from ticketing.inbound.files import KeptFile
from ticketing.models import KeptNote
from ticketing.models.mapping import How, Source


class Taken:
    """What fields take of the files of one mail, and under which id each of these files will be."""

    def __init__(self, files: Sequence[KeptFile]) -> None:
        self._files = files
        self.ids: dict[int, UUID] = {}  # by the place of the file among those of the mail

    def value(self, source: Source, *, before: Value | None, how: How) -> list[FileRef]:
        """What the field holds then; nothing if the mail has no such file that stays."""
        new = list(self._refs(images=source is Source.IMAGES))
        had = file_refs(before) if how is How.APPEND and new else []
        return newest_files([*had, *new])

    def _refs(self, *, images: bool) -> Iterator[FileRef]:
        for place, file in enumerate(self._files):
            if file.sha256 and file.note != KeptNote.REPEATED_IMAGE and _is_meant(file, images=images):
                yield {
                    "id": str(self.ids.setdefault(place, uuid4())),
                    "filename": file.filename[:200],
                    "content_type": file.content_type[:127],
                    "size_bytes": file.size_bytes,
                }


def _is_meant(file: KeptFile, *, images: bool) -> bool:
    """Images inside the text are images, and no other files."""
    return file.content_type.startswith("image/") == images and (images or not file.is_inline)


def renamed(values: Mapping[str, Value], ids: Mapping[str, str]) -> dict[str, Value]:
    """The values, their files by the ids that theirs stand for; without a file whose id stands for none."""
    found: dict[str, Value] = {}
    for key, value in values.items():
        refs = file_refs(value)
        kept = [ref | {"id": ids[str(ref["id"])]} for ref in refs if str(ref["id"]) in ids]
        if kept or not refs:
            found[key] = kept if refs else value
    return found
