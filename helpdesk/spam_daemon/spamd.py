"""SpamAssassin's spamd: one request and one answer over a connection of its own (spamd/PROTOCOL of SpamAssassin).

REPORT SPAMC/1.5            SPAMD/1.1 0 EX_OK
Content-length: 1234        Spam: True ; 7.3 / 5.0

the mail                    the report, a line for each rule that matched: points, name, description

TELL, which spamd does with --allow-tell alone, says what the mail is (Message-class, Set) or that it is to be forgotten
(Remove); what is learned already changes nothing.
"""

from __future__ import annotations

import re
import socket

from helpdesk.spam_daemon.values import Daemon, DaemonError, Hit, Lesson, Trouble, Verdict, heaviest, points

_TELLS = {
    Lesson.SPAM: b"Message-class: spam\r\nSet: local\r\n",
    Lesson.CLEAN: b"Message-class: ham\r\nSet: local\r\n",
    Lesson.NOTHING: b"Remove: local\r\n",
}
_NOT_ALLOWED = 69  # EX_UNAVAILABLE: without --allow-tell
MAX_ANSWER_BYTES = 256 * 1024
_PIECE_BYTES = 16 * 1024
_STATUS = re.compile(r"SPAMD/\d\.\d (\d{1,3}) ")
_SPAM = re.compile(
    r"^Spam: *(True|Yes|False|No) *; *(-?\d{1,6}(?:\.\d{1,6})?) */ *(-?\d{1,6}(?:\.\d{1,6})?) *$", re.M | re.I
)
# The head of the report's table. What stands above it quotes the mail, whose writer may draw such a table too.
_TABLE = re.compile(r"^-{4} -{10,40} -{10,80} *$", re.M)
# A line of it; a description that goes on in the next line is indented further.
_RULE = re.compile(r"^ {0,3}\*? {0,3}(-?\d{1,5}(?:\.\d{1,3})?) +([A-Z][A-Z0-9_]{1,63})(?: |$)", re.M)


def ask(daemon: Daemon, content: bytes) -> Verdict:
    """What it makes of this mail. Raises DaemonError, or OSError of the connection (TimeoutError among them)."""
    return read_answer(_exchange(daemon, b"REPORT SPAMC/1.5\r\nContent-length: %d\r\n\r\n" % len(content) + content))


def teach(daemon: Daemon, content: bytes, lesson: Lesson) -> None:
    """It knows the mail by this lesson. Raises DaemonError, or OSError of the connection."""
    answer = tell(daemon, content, lesson)
    status = _STATUS.match(answer.decode("utf-8", errors="replace"))
    if not answer or (status is not None and int(status[1]) == _NOT_ALLOWED):
        raise DaemonError(Trouble.REFUSED)
    if status is None or int(status[1]) != 0:
        raise DaemonError(Trouble.GARBAGE)


def tell(daemon: Daemon, content: bytes, lesson: Lesson) -> bytes:
    """Its answer to being told; what it had not known before stands in it as DidSet or DidRemove. Raises as `teach`."""
    head = b"TELL SPAMC/1.5\r\n%sContent-length: %d\r\n\r\n" % (_TELLS[lesson], len(content))
    return _exchange(daemon, head + content)


def read_answer(answer: bytes) -> Verdict:
    """The verdict in the answer. Raises DaemonError."""
    if not answer:  # what it does with who is not in its list of allowed addresses
        raise DaemonError(Trouble.REFUSED)
    head, _, report = answer.replace(b"\r\n", b"\n").decode("utf-8", errors="replace").partition("\n\n")
    status, found = _STATUS.match(head), _SPAM.search(head)
    if status is None or int(status[1]) != 0 or found is None:
        raise DaemonError(Trouble.GARBAGE)
    is_spam = found[1].lower() in ("true", "yes")
    hits = heaviest(_hits(report), is_spam=is_spam)
    return Verdict(is_spam, points(float(found[2])), points(float(found[3])), hits)


def _hits(report: str) -> list[Hit]:
    """The rules in the report; none of one that was given another form."""
    table = _TABLE.split(report)
    return [Hit(name, points(float(score))) for score, name in _RULE.findall(table[-1])] if len(table) > 1 else []


def _exchange(daemon: Daemon, request: bytes) -> bytes:
    """Everything that it answers before it hangs up."""
    pieces: list[bytes] = []
    left = MAX_ANSWER_BYTES
    with socket.create_connection((daemon.host, daemon.port), daemon.timeout_s) as sock:
        sock.sendall(request)
        sock.shutdown(socket.SHUT_WR)
        while piece := sock.recv(_PIECE_BYTES):
            pieces.append(piece)
            left -= len(piece)
            if left < 0:
                raise DaemonError(Trouble.GARBAGE)
    return b"".join(pieces)
