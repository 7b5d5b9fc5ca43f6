"""Content-Transfer-Encoding undone (RFC 2045 section 6), leniently."""

import binascii
import re

from ticketing.mail.budget import Budget
from ticketing.mail.remarks import RemarkCode, remark
from ticketing.mail.uuencode import decode_uu_body

_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]+")
_MAX_RUNS = 1000
_NOT_BASE64_OR_PAD = bytes(set(range(256)) - set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="))


def decode_transfer(data: memoryview, encoding: str, *, budget: Budget) -> bytes:
    """The bytes that were sent, at most what the budget has left; damage is noted as a defect, never raised.

    encoding: the header's value as written; unknown words mean the bytes as they are.
    """
    if len(data) > budget.bytes_left * 4:  # no encoding makes it smaller than a quarter
        data = data[: budget.bytes_left * 4]
    kind = encoding.strip().lower()[:24].replace("_", "-").replace(" ", "-")
    if kind.startswith(("base64", "base-64", '"base64')):
        decoded = _base64(data, budget)
    elif kind.startswith(("quoted-printable", "quotedprintable", '"quoted-p')):
        decoded = binascii.a2b_qp(data)
    elif kind.startswith(("x-uu", "uue", "x-uue")):
        decoded = decode_uu_body(bytes(data))
    else:
        decoded = bytes(data)
    return _within(decoded, budget)


def _within(decoded: bytes, budget: Budget) -> bytes:
    if len(decoded) > budget.bytes_left:
        budget.note_cut(remark(RemarkCode.UNPACKS_TOO_LARGE, limit_bytes=budget.limits.decoded_bytes))
        decoded = decoded[: max(budget.bytes_left, 0)]
    budget.bytes_left -= len(decoded)
    return decoded


def _base64(data: memoryview, budget: Budget) -> bytes:
    try:
        decoded = binascii.a2b_base64(data)
    except binascii.Error:
        budget.defect(remark(RemarkCode.BASE64_DAMAGED))
        decoded = _base64_damaged(bytes(data))
    # Padding ends base64; some programs glue several padded runs together, and only the first would be read.
    if len(data) > 400 and len(decoded) * 2 < len(data) and bytes(data).count(b"=") < _MAX_RUNS:
        whole = _base64_runs(bytes(data))
        if len(whole) > len(decoded):
            budget.defect(remark(RemarkCode.BASE64_PADDED))
            return whole
    return decoded


def _base64_damaged(data: bytes) -> bytes:
    digits = _NOT_BASE64.sub(b"", data)
    digits = digits[: len(digits) - 1] if len(digits) % 4 == 1 else digits
    return binascii.a2b_base64(digits + b"=" * (-len(digits) % 4))


def _base64_runs(data: bytes) -> bytes:
    runs = data.translate(None, _NOT_BASE64_OR_PAD).split(b"=")
    return b"".join(_base64_damaged(run) for run in runs if run)


def looks_like_base64(data: memoryview) -> bool:
    """False for readable text that only claims to be base64: its first words have spaces between them."""
    head = bytes(data[:300]).strip()
    words = head.split()
    return not words or max(map(len, words)) >= 20 or len(words) <= 1 or not re.search(rb"[A-Za-z] [A-Za-z]", head)
