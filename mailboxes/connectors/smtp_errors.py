"""What SMTP servers say when they refuse, in our vocabulary (RFC 5321, 3463, 4954, and habits of servers)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mailboxes.connectors.errors import ConnectorError, Reason

_LOGIN_WORDS = re.compile(r"5\.7\.(30|57|139|8|9)\b|authenticat", re.IGNORECASE)
_STATUS = re.compile(r"(?<![\d.])[45]\.\d{1,3}\.\d{1,3}(?!\.?\d)")  # RFC 3463, wherever the server has put it
_GONE = frozenset({"5.1.0", "5.1.1", "5.1.2", "5.1.3", "5.1.4", "5.1.6", "5.1.10", "5.2.1"})
_NO_SUCH = re.compile(
    r"(?:no such|unknown|non-?existent|invalid|not a valid) (?:user|recipient|mailbox|address|account|local[ -]part)|"
    r"(?:user|recipient|mailbox|address|account) (?:is |was )?(?:unknown|not known|not found|invalid)|"
    r"(?:does not|doesn't|no longer) exist|no mailbox (?:here )?by that name|unroutea?ble address|"
    r"user doesn't have an? \S{1,60} account",
    re.IGNORECASE,
)
# What is refused for one of these says nothing about the address, whatever its code.
_OTHER_TROUBLE = re.compile(
    r"sender|spam|\bblock|blacklist|reputation|polic(?:y|ies)|\brelay|denied|not (?:authori[sz]ed|permitted|allowed)|"
    r"\b(?:quota|full|size|rate|limit|spf|dkim|dmarc|helo|ehlo)\b|too (?:many|large)|try again",
    re.IGNORECASE,
)
_ADDRESS_OR_LINK = re.compile(r"<[^<>]{0,400}>|\S{1,320}@\S{1,320}|https?://\S{1,400}")
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


def says_unknown(reply: Reply) -> bool:
    """True for a refusal for good that says of a recipient that there is no such address.

    Not of what hangs on the sender, the content, a policy or how full a mailbox is, nor where the server does not say.
    """
    if reply.code // 100 != 5:
        return False
    words = _ADDRESS_OR_LINK.sub(" ", reply.words)
    if _OTHER_TROUBLE.search(words):
        return False
    status = _STATUS.search(words)
    if status is not None:
        return status[0] in _GONE
    return reply.code == 550 and _NO_SUCH.search(words) is not None


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
