"""What the daemons answer, read from bytes; whatever they answer, it is a verdict or garbage."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk.spam_daemon import rspamd, spamd
from helpdesk.spam_daemon.values import DaemonError, Hit, Kind, Trouble, Verdict
from tests.fakes.spam_daemon import CLEAN, SPAM

HITS = (Hit("URIBL_BLACK", 5.5), Hit("MISSING_SUBJECT", 1.8))
FORGED = b"""SPAMD/1.1 0 EX_OK\r\nSpam: Yes ; 6 / 5\r\n\r\nContent preview:
---- ---------------------- --------------------------------------------------
 9.0 FORGED_BY_THE_SENDER   of the mail

 pts rule name              description
---- ---------------------- --------------------------------------------------
 6.0 REAL                   Points
"""
Reader = Callable[[bytes], Verdict]


def body(answer: bytes) -> bytes:
    """What comes after HTTP's headers."""
    return answer.partition(b"\r\n\r\n")[2]


@pytest.mark.parametrize(
    ("read", "answer", "verdict"),
    [
        (spamd.read_answer, SPAM[Kind.SPAMASSASSIN], Verdict(True, 7.3, 5.0, HITS)),
        (spamd.read_answer, CLEAN[Kind.SPAMASSASSIN], Verdict(False, 0.4, 5.0)),
        (spamd.read_answer, FORGED, Verdict(True, 6.0, 5.0, (Hit("REAL", 6.0),))),
        (spamd.read_answer, b"SPAMD/1.1 0 EX_OK\nSpam: False ; -0.0 / 5.0\n\n", Verdict(False, 0.0, 5.0)),
        (rspamd.read_answer, body(SPAM[Kind.RSPAMD]), Verdict(True, 7.3, 6.0, HITS, "add header")),
        (rspamd.read_answer, body(CLEAN[Kind.RSPAMD]), Verdict(False, 0.4, None)),
        (rspamd.read_answer, b'{"action": "greylist", "score": 5, "symbols": 1}', Verdict(False, 5.0, None)),
        (
            rspamd.read_answer,
            b'{"action": "reject", "score": 15, "symbols": {"GTUBE": {"score": 0}, "A b": {"score": 9}, "C": 1}}',
            Verdict(True, 15.0, None, (Hit("GTUBE", 0.0),), "reject"),
        ),
    ],
)
def test_an_answer_is_read(read: Reader, answer: bytes, verdict: Verdict) -> None:
    assert read(answer) == verdict


@pytest.mark.parametrize(
    ("read", "answer", "trouble"),
    [
        (spamd.read_answer, b"", Trouble.REFUSED),
        (spamd.read_answer, b"* OK IMAP4rev1\r\n", Trouble.GARBAGE),
        (spamd.read_answer, b"SPAMD/1.0 76 Bad header line: hello\r\n", Trouble.GARBAGE),
        (spamd.read_answer, b"SPAMD/1.1 0 EX_OK\r\n\r\nSpam: True ; 7.3 / 5.0\r\n", Trouble.GARBAGE),
        (rspamd.read_answer, b"", Trouble.GARBAGE),
        (rspamd.read_answer, b"[" * 100_000, Trouble.GARBAGE),
        (rspamd.read_answer, b'{"score": 1}', Trouble.GARBAGE),
        (rspamd.read_answer, b'{"action": "reject", "score": NaN}', Trouble.GARBAGE),
        (rspamd.read_answer, b'{"action": "reject", "score": true}', Trouble.GARBAGE),
    ],
)
def test_what_is_no_answer_is_not_taken_for_one(read: Reader, answer: bytes, trouble: Trouble) -> None:
    with pytest.raises(DaemonError) as raised:
        read(answer)
    assert raised.value.trouble is trouble


_STARTS = st.sampled_from([b"", b"SPAMD/1.1 0 EX_OK\r\nSpam: True ; 7.3 / 5.0\r\n\r\n", b'{"action":"reject","score":'])


@given(start=_STARTS, rest=st.binary(max_size=200))
def test_any_bytes_are_a_verdict_or_an_error_that_is_expected(start: bytes, rest: bytes) -> None:
    for read in (spamd.read_answer, rspamd.read_answer):
        try:
            found: object = read(start + rest)
        except DaemonError as error:
            found = error
        assert isinstance(found, Verdict | DaemonError)
