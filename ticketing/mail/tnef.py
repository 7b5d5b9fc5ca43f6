"""winmail.dat (MS-OXTNEF) unpacked: what Outlook hides from everyone else. One pass, no trust in any length inside."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from ticketing.mail.budget import Budget
from ticketing.mail.charset import decode
from ticketing.mail.remarks import RemarkCode, remark

_SIGNATURE = b"\x78\x9f\x3e\x22"
_BODY, _CODEPAGE, _MESSAGE_PROPERTIES = 0x800C, 0x9007, 0x9003
_NEW_FILE, _TITLE, _DATA, _FILE_PROPERTIES = 0x9002, 0x8010, 0x800F, 0x9005
_PR_BODY, _PR_HTML, _PR_LONG_NAME, _PR_NAME, _PR_DATA, _PR_CONTENT_ID = 0x1000, 0x1013, 0x3707, 0x3704, 0x3701, 0x3712
_FIXED_SIZES = {2: 4, 3: 4, 4: 4, 5: 8, 6: 8, 7: 8, 10: 4, 11: 4, 20: 8, 64: 8, 72: 16}  # MAPI type: bytes, padded to 4
_VARIABLE = frozenset({13, 30, 31, 258})
_OBJECT_GUID_BYTES = 16
_MAX_FILES = 100
_MAX_OBJECTS = 5000
_MAX_PROPERTIES = 2000
_MAX_VALUES = 500


@dataclass(slots=True)
class TnefFile:
    """A file inside the stream."""

    name: str = ""
    content: bytes = b""
    content_id: str | None = None


@dataclass(slots=True)
class Unpacked:
    """What a TNEF stream held."""

    text: str = ""
    html: str | None = None
    files: list[TnefFile] = field(default_factory=list)


def unpack_tnef(content: bytes, *, budget: Budget) -> Unpacked:
    """Body and files of a winmail.dat, as far as it can be read; a defect says when that is not to its end.

    Files inside are taken as they are: archives and further winmail.dat are not opened.
    """
    unpacked = Unpacked()
    if not content.startswith(_SIGNATURE):
        budget.defect(remark(RemarkCode.TNEF_UNREADABLE))
        return unpacked
    charset = "cp1252"
    try:
        for attribute, data in _objects(content):
            if attribute == _CODEPAGE and len(data) >= 4:
                charset = f"cp{struct.unpack_from('<I', data)[0]}"
            _take(unpacked, attribute, data, charset)
            if len(unpacked.files) >= _MAX_FILES:
                budget.note_cut(remark(RemarkCode.TNEF_TOO_MANY_FILES, limit=_MAX_FILES))
                break
    except (struct.error, _Damaged):
        budget.defect(remark(RemarkCode.TNEF_DAMAGED))
    unpacked.files = _within(unpacked.files, budget)
    return unpacked


class _Damaged(Exception):
    """The stream contradicts itself here."""


def _objects(content: bytes) -> Iterator[tuple[int, memoryview]]:
    view = memoryview(content)
    position = 6  # signature and key
    for _ in range(_MAX_OBJECTS):
        if position >= len(view):
            return
        attribute, size = struct.unpack_from("<xHxxI", view, position)
        if position + 9 + size > len(view):
            raise _Damaged
        yield attribute, view[position + 9 : position + 9 + size]
        position += 11 + size  # a checksum of two bytes follows


def _take(unpacked: Unpacked, attribute: int, data: memoryview, charset: str) -> None:
    if attribute == _NEW_FILE:
        unpacked.files.append(TnefFile())
    elif attribute == _BODY:
        unpacked.text = unpacked.text or _text(data, charset)
    elif attribute == _MESSAGE_PROPERTIES:
        for name, kind, value in _properties(data):
            _take_body(unpacked, name, _text(value, "utf-16-le" if kind == 31 else charset))
    elif unpacked.files:
        _take_file(unpacked.files[-1], attribute, data, charset)


def _take_body(unpacked: Unpacked, name: int, text: str) -> None:
    if name == _PR_HTML:
        unpacked.html = text or None
    elif name == _PR_BODY and text:
        unpacked.text = text


def _take_file(file: TnefFile, attribute: int, data: memoryview, charset: str) -> None:
    if attribute == _TITLE:
        file.name = file.name or _text(data, charset)
    elif attribute == _DATA:
        file.content = bytes(data)
    elif attribute == _FILE_PROPERTIES:
        for name, kind, value in _properties(data):
            _take_property(file, name, value, "utf-16-le" if kind == 31 else charset)


def _take_property(file: TnefFile, name: int, value: memoryview, charset: str) -> None:
    if name == _PR_LONG_NAME or (name == _PR_NAME and not file.name):
        file.name = _text(value, charset) or file.name
    elif name == _PR_CONTENT_ID:
        file.content_id = _text(value, charset).strip("<>") or None
    elif name == _PR_DATA and not file.content:
        file.content = bytes(value[_OBJECT_GUID_BYTES:])


def _properties(data: memoryview) -> Iterator[tuple[int, int, memoryview]]:
    """The single values of a MAPI property list (MS-OXTNEF section 2.1.3.4); the first of several values each."""
    count = min(struct.unpack_from("<I", data)[0], _MAX_PROPERTIES)
    position = 4
    for _ in range(count):
        kind, name = struct.unpack_from("<HH", data, position)
        position += 4
        if name >= 0x8000:
            position = _after_name(data, position)
        values = 1
        if kind & 0x1000 or kind & 0xFFF in _VARIABLE:
            values = min(struct.unpack_from("<I", data, position)[0], _MAX_VALUES)
            position += 4
        for place in range(values):
            value, position = _value(data, position, kind & 0xFFF)
            if place == 0:
                yield name, kind & 0xFFF, value


def _after_name(data: memoryview, position: int) -> int:
    is_string = struct.unpack_from("<I", data, position + 16)[0] == 1
    if not is_string:
        return position + 24
    length = int(struct.unpack_from("<I", data, position + 20)[0])
    return position + 24 + (length + 3) // 4 * 4


def _value(data: memoryview, position: int, kind: int) -> tuple[memoryview, int]:
    if kind in _VARIABLE:
        size = struct.unpack_from("<I", data, position)[0]
        position += 4
    elif kind in _FIXED_SIZES:
        size = _FIXED_SIZES[kind]
    else:
        raise _Damaged
    if position + size > len(data):
        raise _Damaged
    return data[position : position + size], position + (size + 3) // 4 * 4


def _text(value: memoryview, charset: str) -> str:
    text = decode(bytes(value), charset)[0]
    return text.rstrip("\x00")


def _within(files: list[TnefFile], budget: Budget) -> list[TnefFile]:
    kept = []
    for file in files:
        if len(file.content) > budget.bytes_left:
            budget.note_cut(remark(RemarkCode.TNEF_TOO_LARGE))
            break
        budget.bytes_left -= len(file.content)
        kept.append(file)
    return kept
