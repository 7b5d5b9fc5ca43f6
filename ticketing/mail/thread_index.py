"""Outlook's Thread-Index: which conversation a mail belongs to by its sender's mail program. Pure.

base64 of a head (one byte, five of the time, a GUID of sixteen) which every mail of the conversation has, and five
bytes more for each answer. A weak sign: programs copy it from templates, and nothing of it is signed.
"""

from __future__ import annotations

import binascii
from dataclasses import dataclass

from ticketing.mail.subjects import bare_subject

_HEAD_BYTES = 22
_ANSWER_BYTES = 5
_MAX_CHARS = 4000  # some 600 answers
_GUID = slice(6, _HEAD_BYTES)
_WHOLE_CHARS = 28  # of base64, that stand for bytes of the head alone


@dataclass(frozen=True, slots=True)
class Conversation:
    """The conversation of one mail, as far as it stays the same matter."""

    start: str  # hex, of the head
    written: str  # what of the header says so, as it stands there
    topic: str  # the subject without prefixes and tags, case-folded; never empty
    is_answer: bool  # to an earlier mail of the conversation

    @property
    def key(self) -> str:
        """What mails of the same conversation about the same topic have in common; like no Message-ID."""
        return f"thread-index {self.start} {self.topic}"


def read_conversation(value: str | None, *, subject: str) -> Conversation | None:
    """The conversation that this Thread-Index names; None when it names none, or the mail has no subject to hold to."""
    head = _decoded(value or "")
    topic = " ".join(bare_subject(subject).casefold().split())
    if not topic or len(head) < _HEAD_BYTES or not any(head[_GUID]):
        return None
    is_answer = len(head) >= _HEAD_BYTES + _ANSWER_BYTES
    return Conversation(head[:_HEAD_BYTES].hex(), (value or "").strip()[:_WHOLE_CHARS], topic, is_answer=is_answer)


def _decoded(value: str) -> bytes:
    """The bytes; none where it is no base64."""
    text = "".join(value.split())
    try:
        return binascii.a2b_base64(text, strict_mode=True) if len(text) <= _MAX_CHARS and text.isascii() else b""
    except (binascii.Error, ValueError):
        return b""
