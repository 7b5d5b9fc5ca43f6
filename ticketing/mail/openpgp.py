"""OpenPGP (RFC 9580) opened for display as far as that needs no key: what is signed or packed. Nothing is verified."""

import binascii
import bz2
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

_BEGIN, _END = "-----BEGIN PGP MESSAGE-----", "-----END PGP MESSAGE-----"
_BEGIN_SIGNED = "-----BEGIN PGP SIGNED MESSAGE-----"
_BEGIN_SIGNATURE, _END_SIGNATURE = "-----BEGIN PGP SIGNATURE-----", "-----END PGP SIGNATURE-----"
_COMPRESSED, _LITERAL = 8, 11
_AROUND = frozenset({2, 4, 10, 21})  # signatures, markers, padding
_MAX_LEVELS = 3
_MAX_PACKETS = 100
_MAX_PARTS = 50_000  # of one packet; gpg writes parts of 8 kB


@dataclass(frozen=True, slots=True)
class Unwrapped:
    """A text without what PGP wrote around it."""

    text: str
    is_signed: bool = False
    is_locked: bool = False  # there is something in it that is encrypted


def is_armored(content: bytes) -> bool:
    """True for a message in ASCII, encrypted or not."""
    return content[:200].lstrip().startswith(_BEGIN.encode())


def opened_message(content: bytes, *, max_bytes: int) -> bytes | None:
    """What a message holds that is signed, packed or neither; None for one that is encrypted, too large, or none."""
    data = _binary(content.decode("latin-1")) if is_armored(content) else content
    try:
        return _literal(data, max_bytes=max_bytes, level=0)
    except (IndexError, OSError, zlib.error):
        return None


def unwrapped(text: str, *, max_bytes: int) -> Unwrapped:
    """The text with what was signed in clear, or packed, as its writer wrote it; what is encrypted stays as it is."""
    if "-----BEGIN PGP " not in text:
        return Unwrapped(text)
    first = _without_signature(text.replace("\r\n", "\n"))
    start = _line(first.text, _BEGIN)
    end = first.text.find(_END, start) if start >= 0 else -1
    if end < 0:
        return first
    end += len(_END)
    inner = opened_message(first.text[start:end].encode("latin-1", "replace"), max_bytes=max_bytes)
    if inner is None:
        return Unwrapped(first.text, is_signed=first.is_signed, is_locked=True)
    said = inner.decode("utf-8", "replace").replace("\r\n", "\n")
    return Unwrapped(first.text[:start] + said + first.text[end:], is_signed=True)


def _without_signature(text: str) -> Unwrapped:
    """Of a text that is signed in clear: RFC 9580 section 7."""
    start = _line(text, _BEGIN_SIGNED)
    body = text.find("\n\n", start) if start >= 0 else -1
    stop = text.find(f"\n{_BEGIN_SIGNATURE}", body) if body >= 0 else -1
    end = text.find(_END_SIGNATURE, stop) if stop >= 0 else -1
    if end < 0:
        return Unwrapped(text)
    lines = (line.removeprefix("- ") for line in text[body + 2 : stop].split("\n"))
    said = "\n".join(lines)
    return Unwrapped(text[:start] + said + text[end + len(_END_SIGNATURE) :], is_signed=True)


def _line(text: str, words: str) -> int:
    """Where a line begins with these words; -1 for nowhere: what is quoted is not taken apart."""
    return 0 if text.startswith(words) else text.find(f"\n{words}") + 1 or -1


def _binary(armored: str) -> bytes:
    """The bytes of a message in ASCII; nothing for one that is broken."""
    lines = iter(armored.strip().splitlines()[1:])
    for line in lines:  # headers, up to an empty line
        if not line.strip():
            break
    kept = []
    for line in lines:
        if line.startswith(("=", "-")):  # checksum, end
            break
        kept.append(line)
    try:
        return binascii.a2b_base64("".join(kept).encode("latin-1"))  # of bytes it skips what is no base64
    except binascii.Error:
        return b""


def _literal(data: bytes, *, max_bytes: int, level: int) -> bytes | None:
    for tag, body in _packets(data):
        if tag == _LITERAL:
            start = 2 + body[1] + 4  # format, length of the name, the name, a date
            return body[start:]
        if tag == _COMPRESSED and level < _MAX_LEVELS:
            inner = _UNPACK[body[0]](body[1:], max_bytes) if body[0] in _UNPACK else None
            return _literal(inner, max_bytes=max_bytes, level=level + 1) if inner is not None else None
        if tag not in _AROUND:
            return None
    return None


def _packets(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Tag and body of each. Raises IndexError where lengths lie."""
    position = 0
    for _ in range(_MAX_PACKETS):
        if position >= len(data):
            return
        first = data[position]
        if first & 0xC0 == 0xC0:
            body, position = _body(data, position + 1)
            yield first & 0x3F, body
        elif first & 0x80:
            body, position = _old_body(data, position + 1, kind=first & 3)
            yield (first >> 2) & 0x0F, body
        else:
            return


def _body(data: bytes, position: int) -> tuple[bytes, int]:
    """A body whose length is written the new way, perhaps in parts."""
    parts = []
    for _ in range(_MAX_PARTS):
        length, position, is_last = _length(data, position)
        parts.append(_bytes(data, position, length))
        position += length
        if is_last:
            return b"".join(parts), position
    raise IndexError


def _length(data: bytes, position: int) -> tuple[int, int, bool]:
    first = data[position]
    if first < 192:
        return first, position + 1, True
    if first < 224:
        return ((first - 192) << 8) + data[position + 1] + 192, position + 2, True
    if first < 255:
        return 1 << (first & 0x1F), position + 1, False
    return int.from_bytes(_bytes(data, position + 1, 4), "big"), position + 5, True


def _old_body(data: bytes, position: int, *, kind: int) -> tuple[bytes, int]:
    if kind == 3:  # up to the end
        return data[position:], len(data)
    size = 1 << kind
    length = int.from_bytes(_bytes(data, position, size), "big")
    return _bytes(data, position + size, length), position + size + length


def _bytes(data: bytes, position: int, length: int) -> bytes:
    if position + length > len(data):
        raise IndexError
    return data[position : position + length]


def _inflated(data: bytes, max_bytes: int, *, wbits: int) -> bytes | None:
    unpacker = zlib.decompressobj(wbits)
    found = unpacker.decompress(data, max_bytes)
    return found if not unpacker.unconsumed_tail else None


def _bunzipped(data: bytes, max_bytes: int) -> bytes | None:
    unpacker = bz2.BZ2Decompressor()
    found = unpacker.decompress(data, max_bytes)
    return found if unpacker.eof else None


_UNPACK: dict[int, Callable[[bytes, int], bytes | None]] = {
    0: lambda data, max_bytes: data[:max_bytes],
    1: lambda data, max_bytes: _inflated(data, max_bytes, wbits=-15),
    2: lambda data, max_bytes: _inflated(data, max_bytes, wbits=15),
    3: _bunzipped,
}
