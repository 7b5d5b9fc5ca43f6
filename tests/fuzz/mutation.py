"""Mails, broken: cut, doubled, spliced with another, sprinkled, swollen. The same seed gives the same mail."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

OUR_MAILS = Path(__file__).parent.parent / "mail"
BOMB_BYTES = 400_000
BOMBS_IN_1000 = 40  # mutations of a thousand that swell the mail until it is slow
_WORDS = (
    b"\r\n\r\n",
    b"--",
    b"=?utf-8?q?",
    b"\x00",
    b"\xff\xfe",
    b"Content-Type: multipart/mixed; boundary=",
    b"<div>",
    b"> ",
    b"=",
    b'"',
    b"'",
    b"<",
    b">",
    b"<b>",
    b"<p ",
    b" a=1",
    b"<table><tr><td>",
    b"<blockquote>",
    b"</div>",
    b'<img src="cid:',
    b"<!--",
    b"&#x",
    b"style='a:b;",
    b"(",
    b"<a@b.test>, ",
    b"begin 644 a\r\n",
    b"M" + b"A" * 60 + b"\r\n",
    b"On x wrote:\r\n",
    b"From: a\r\nSent: b\r\n",
    b"-----Original Message-----\r\n",
    b"Content-Type: message/rfc822\r\n\r\n",
    b"Content-Transfer-Encoding: base64\r\n",
    b"; name*0*=utf-8''a",
    b"<id@x.test> ",
    b"\r\nAuto-Submitted: auto-replied\r\n",
    b"\r\nAuthentication-Results: mx.test; dmarc=fail; spf=pass (x) smtp.mailfrom=",
    b"\r\nX-Spam-Status: Yes, score=",
    b"\r\nList-Id: <a.b>\r\nList-Post: <mailto:",
    b"\r\nReply-To: b@c.test, ",
    b"\r\nFinal-Recipient: rfc822; a@b.test\r\nStatus: 5.1.1\r\n",
    b"[#17] ",
    b"\r\n--- Ticket details [en] ---\r\nPriority: high\r\nTags: a, b\r\nnumber: 1e400\r\ndate: 31.2.\r\n---\r\n",
    b"a" * 50,
    b"\xf0\x9f\x98\x80",
    b"\xed\xa0\x80",
    b"\xe3\x80\x80",
)
_LENGTHS = (1, 2, 10, 100)


def samples_in(folder: Path) -> list[bytes]:
    """The mails (`*.eml`) in this folder and all below it, always in one order."""
    return [path.read_bytes() for path in sorted(folder.rglob("*.eml"))]


def mutated(mails: Sequence[bytes], *, seed: int) -> bytes:
    """One of the mails, changed in one to twelve places."""
    rnd = random.Random(seed)
    raw = bytearray(rnd.choice(mails))
    for _ in range(rnd.randint(1, 12)):
        _change(raw, rnd, mails)
    return bytes(raw)


def _change(raw: bytearray, rnd: random.Random, mails: Sequence[bytes]) -> None:
    place, length = rnd.randrange(len(raw) + 1), rnd.choice(_LENGTHS)
    if rnd.randrange(1000) < BOMBS_IN_1000:
        raw[place:place] = _bomb(rnd, bytes(raw[place : place + length]))
        return
    match rnd.randrange(6):
        case 0:
            raw[place : place + length] = b""
        case 1:
            raw[place:place] = rnd.randbytes(length)
        case 2:
            raw[place:place] = rnd.choice(_WORDS)
        case 3:
            raw[place:place] = raw[place : place + length] * rnd.choice((2, 10, 200))
        case 4:
            other = rnd.choice(mails)
            raw[place:] = other[rnd.randrange(len(other) + 1) :]
        case _ if raw:
            raw[place % len(raw)] = rnd.randrange(256)


def _bomb(rnd: random.Random, piece: bytes) -> bytes:
    """One to three pieces over and over: what makes patterns and parsers slow."""
    unit = b"".join(rnd.choices((*_WORDS, piece or b" "), k=rnd.choice((1, 1, 2, 3))))
    return unit * (rnd.choice((1000, BOMB_BYTES // 10, BOMB_BYTES)) // len(unit))
