"""`make fuzz`: broken copies of our mails into the parser until the time is up (`FUZZ_SECONDS`, 60; `FUZZ_SEED`).

Ends non-zero with the seed and the file it kept when a mail makes the parser fail or take longer than it may.
"""

from __future__ import annotations

import os
import random
import sys
import tempfile
import time
from pathlib import Path

from ticketing.mail.inspection import inspect_mail
from ticketing.mail.parse import parse_mail

BOMB_BYTES = 400_000
MAILS = [path.read_bytes() for path in sorted((Path(__file__).parent / "mail").glob("*.eml"))]
SLOW_S = 5.0  # of processor time: others may keep the machine busy
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
)


def mutated(mails: list[bytes], *, seed: int) -> bytes:
    """One of the mails, cut, doubled, spliced with another, sprinkled, swollen; the same for the same seed."""
    rnd = random.Random(seed)
    raw = bytearray(rnd.choice(mails))
    for _ in range(rnd.randint(1, 12)):
        place = rnd.randrange(len(raw) + 1)
        length = rnd.choice((1, 2, 10, 100))
        kind = rnd.randrange(7)
        if kind == 0:
            raw[place : place + length] = b""
        elif kind == 1:
            raw[place:place] = rnd.randbytes(length)
        elif kind == 2:
            raw[place:place] = rnd.choice(_WORDS)
        elif kind == 3:
            raw[place:place] = raw[place : place + length] * rnd.choice((2, 10, 200))
        elif kind == 4:
            other = rnd.choice(mails)
            raw[place:] = other[rnd.randrange(len(other) + 1) :]
        elif kind == 5:
            raw[place:place] = _bomb(rnd, bytes(raw[place : place + length]))
        elif raw:
            raw[place % len(raw)] = rnd.randrange(256)
    return bytes(raw)


def _bomb(rnd: random.Random, piece: bytes) -> bytes:
    """One or two pieces over and over: what makes patterns and parsers slow."""
    unit = b"".join(rnd.choices((*_WORDS, piece or b" "), k=rnd.choice((1, 1, 2, 3))))
    return unit * (rnd.choice((1000, BOMB_BYTES // 10, BOMB_BYTES)) // len(unit))


def main() -> int:
    """Runs until the time is up; 0 when nothing failed."""
    seed = int(os.environ.get("FUZZ_SEED", "0"))
    deadline = time.monotonic() + float(os.environ.get("FUZZ_SECONDS", "60"))
    first, slowest = seed, 0.0
    while time.monotonic() < deadline:
        raw = mutated(MAILS, seed=seed)
        started = time.process_time()
        error = inspect_mail(parse_mail(raw), file=str(seed), say=str)["error"]
        slowest = max(slowest, time.process_time() - started)
        if error or time.process_time() - started > SLOW_S:
            kept = Path(tempfile.gettempdir()) / f"fuzz-{seed}.eml"
            kept.write_bytes(raw)
            print(f"seed {seed}: {error or 'too slow'}; kept as {kept}")
            return 1
        seed += 1
    print(f"{seed - first} mails, slowest {slowest:.2f} s, nothing failed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
