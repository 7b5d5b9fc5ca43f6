"""Telling the daemon what people have marked. Nothing raises for what it does, and nothing takes longer than its limit.

Both learn for everybody whom they serve. SpamAssassin forgets what it learned when it is told to; Rspamd cannot, but
learns a mail anew under the other mark.
"""

from __future__ import annotations

from collections.abc import Callable

from helpdesk.spam_daemon import rspamd, spamd
from helpdesk.spam_daemon.asking import asker_of
from helpdesk.spam_daemon.values import Daemon, Kind, Lesson, Trouble

_CLIENTS: dict[Kind, Callable[[Daemon, bytes, Lesson], None]] = {
    Kind.SPAMASSASSIN: spamd.teach,
    Kind.RSPAMD: rspamd.teach,
}
CANNOT_FORGET = frozenset({Kind.RSPAMD})


def teach(daemon: Daemon, content: bytes, lesson: Lesson) -> Trouble | None:
    """The daemon knows the mail by this lesson, also where it knew that already; else why it does not.

    Lesson.NOTHING makes it forget the mail; it is not for the CANNOT_FORGET.
    """
    if len(content) > daemon.max_bytes:
        return Trouble.TOO_LARGE
    answer = asker_of(daemon).asked(lambda: _CLIENTS[daemon.kind](daemon, content, lesson))
    return answer if isinstance(answer, Trouble) else None
