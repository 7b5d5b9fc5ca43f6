"""Opaque-signed S/MIME (RFC 8551) opened for display: the mail inside a CMS SignedData blob. Nothing is verified."""

_SIGNED_DATA = bytes.fromhex("2a864886f70d010702")
_DATA = bytes.fromhex("2a864886f70d010701")
_MAX_PIECES = 100_000


def signed_content(der: bytes) -> bytes | None:
    """The mail that was signed, or None when the blob is encrypted, detached or unreadable."""
    try:
        return _signed_content(der)
    except (IndexError, _Damaged):
        return None


class _Damaged(Exception):
    """The encoding contradicts itself."""


def _signed_content(der: bytes) -> bytes | None:
    # ContentInfo ::= SEQUENCE { OID signedData, [0] SignedData }, RFC 5652 sections 3 and 5.1
    position = _enter(der, 0, 0x30)
    oid, position = _take(der, position, 0x06)
    if oid != _SIGNED_DATA:
        return None
    position = _enter(der, _enter(der, position, 0xA0), 0x30)
    _, position = _take(der, position, 0x02)
    _, position = _take(der, position, 0x31)
    position = _enter(der, position, 0x30)
    oid, position = _take(der, position, 0x06)
    if oid != _DATA or position >= len(der) or der[position] != 0xA0:
        return None
    return _octets(der, _enter(der, position, 0xA0))


def _header(der: bytes, position: int) -> tuple[int, int, int]:
    """Tag, start of the content and its length; -1 for an indefinite one."""
    tag, first = der[position], der[position + 1]
    position += 2
    if first < 0x80:
        return tag, position, first
    if first == 0x80:
        return tag, position, -1
    count = first & 0x7F
    if count > 4:
        raise _Damaged
    length = int.from_bytes(der[position : position + count], "big")
    return tag, position + count, length


def _enter(der: bytes, position: int, wanted: int) -> int:
    tag, start, _ = _header(der, position)
    if tag != wanted:
        raise _Damaged
    return start


def _take(der: bytes, position: int, wanted: int) -> tuple[bytes, int]:
    tag, start, length = _header(der, position)
    if tag != wanted or length < 0 or start + length > len(der):
        raise _Damaged
    return der[start : start + length], start + length


def _octets(der: bytes, position: int) -> bytes:
    """An OCTET STRING, whole or in pieces (BER allows both, and streaming signers use pieces)."""
    tag, start, length = _header(der, position)
    if tag == 0x04 and length >= 0:
        return der[start : start + length]
    if tag != 0x24:
        raise _Damaged
    end = len(der) if length < 0 else start + length
    pieces: list[bytes] = []
    position = start
    while position + 1 < end and len(pieces) < _MAX_PIECES and der[position] == 0x04:
        piece, position = _take(der, position, 0x04)
        pieces.append(piece)
    return b"".join(pieces)
