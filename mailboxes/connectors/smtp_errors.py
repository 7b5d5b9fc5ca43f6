"""What SMTP servers say when they refuse, in our vocabulary (RFC 5321, 3463, 4954, and habits of servers)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mailboxes.connectors.errors import ConnectorError, Reason

_LOGIN_WORDS = re.compile(r"5\.7\.(30|57|139|8|9)\b|authenticat", re.IGNORECASE)
_TOO_MANY = re.compile(r"4\.3\.2|too many|concurrent|connection limit", re.IGNORECASE)
_THROTTLED = re.compile(r"throttl|rate limit|too (fast|quickly)|4\.7\.28|exceeded", re.IGNORECASE)


@dataclass(frozen=True)
class Reply:
    """A server's answer."""

    code: int  # -1 when the line began with none
    words: str


def refusal(reply: Reply) -> ConnectorError:
    """What a refusal outside of AUTH and RCPT means: of the connection, of us, or of the sender."""
    if reply.code // 100 == 4:
        return _temporary(reply)
    reason = Reason.SENDER_REFUSED
    if reply.code // 100 != 5:
        return ConnectorError(Reason.PROTOCOL, permanent=False)
    if reply.code in (530, 534, 535, 538) or (reply.code == 550 and _LOGIN_WORDS.search(reply.words)):
        reason = Reason.LOGIN_REFUSED
    elif reply.code == 552:
        reason = Reason.TOO_LARGE
    elif reply.code in (500, 501, 502, 503, 504, 555):
        reason = Reason.PROTOCOL
    return ConnectorError(reason, permanent=True, detail=f"{reply.code} {reply.words}")


def sign_in_refusal(reply: Reply) -> ConnectorError:
    """What a refusal of AUTH means."""
    if reply.code // 100 == 4 and reply.code != 432:
        return _temporary(reply)
    if reply.code == 432 and _TOO_MANY.search(reply.words):  # Exchange: 432 4.3.2 Concurrent connections limit exceeded
        return _temporary(reply)
    if reply.code // 100 not in (4, 5):
        return ConnectorError(Reason.PROTOCOL, permanent=False)
    reason = Reason.LOGIN_DISABLED if reply.code in (502, 504) else Reason.LOGIN_REFUSED
    return ConnectorError(reason, permanent=True, detail=f"{reply.code} {reply.words}")


def _temporary(reply: Reply) -> ConnectorError:
    reason = Reason.SERVER_ERROR
    if _TOO_MANY.search(reply.words):
        reason = Reason.TOO_MANY_CONNECTIONS
    elif _THROTTLED.search(reply.words):
        reason = Reason.THROTTLED
    return ConnectorError(reason, permanent=False, detail=f"{reply.code} {reply.words}")
