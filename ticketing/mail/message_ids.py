"""Thread tokens: what our Message-IDs, plus-addresses, bodies and subjects carry so that an answer finds its ticket.

    token = 26 characters random id + 2 characters key id + 16 characters signature, lower-case base32 (RFC 4648)
    Message-ID  <pr.TOKEN@domain>      plus-address  support+pr.TOKEN@domain      body  [postroom:TOKEN]
    subject     [#123], where the mailbox asks for it signed: [#123-SIGNATURE]

The signature is HMAC-SHA256 cut to 80 bits (50 in a subject) over organization and id. It proves that this
organization made the token; whether the id is known, and to which ticket it belongs, the database says.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

ID_BYTES = 16
ID_CHARS = 26
KEY_ID_CHARS = 2
SIGNATURE_BYTES = 10
SIGNATURE_CHARS = 16
TOKEN_CHARS = ID_CHARS + KEY_ID_CHARS + SIGNATURE_CHARS
SUBJECT_SIGNATURE_CHARS = 10
ID_COPY = "X-Postroom-Message-ID"  # header with our Message-ID once more: relays that replace the one leave the other
KEY_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"

_TOKEN = rf"([a-z2-7]{{{TOKEN_CHARS}}})(?![a-z2-7])"
_IN_ADDRESS = re.compile(rf"(?<![a-z0-9.])pr\.{_TOKEN}", re.IGNORECASE)
_IN_BODY = re.compile(rf"(?<![a-z0-9])postroom:{_TOKEN}", re.IGNORECASE)
_MARK = re.compile(rf"\[postroom:{_TOKEN}\]")
_IN_SUBJECT = re.compile(rf"\[#(\d{{1,18}})(?:-([a-z2-7]{{{SUBJECT_SIGNATURE_CHARS}}}))?\]", re.IGNORECASE)
_MAX_CANDIDATES = 50


@dataclass(frozen=True)
class ThreadKeys:
    """The keys of one organization. All of them verify, the current one signs."""

    organization: str  # its public id; part of what is signed
    current_id: str
    secrets: Mapping[str, bytes] = field(repr=False)  # by key id


@dataclass(frozen=True)
class SubjectTag:
    """A `[#123]` of a subject."""

    number: int
    signature: str = ""  # lower-cased; "" when the tag is plain


def new_token_id(random: bytes) -> str:
    """The random part of a token, from 16 random bytes."""
    if len(random) != ID_BYTES:
        raise ValueError(f"A token id is made of {ID_BYTES} bytes.")
    return _base32(random)


def make_token(token_id: str, *, keys: ThreadKeys) -> str:
    """The token of this id, signed with the current key."""
    return f"{token_id}{keys.current_id}{_signature(token_id, keys.current_id, keys)}"


def verified_id(token: str, *, keys: ThreadKeys) -> str | None:
    """The random id of a token of this organization, None for anything else. Case does not matter."""
    token = token.lower()
    if len(token) != TOKEN_CHARS:
        return None
    token_id, rest = token[:ID_CHARS], token[ID_CHARS:]
    key_id, signature = rest[:KEY_ID_CHARS], rest[KEY_ID_CHARS:]
    if key_id not in keys.secrets:
        return None
    is_ours = hmac.compare_digest(signature.encode(), _signature(token_id, key_id, keys).encode())
    return token_id if is_ours else None


def verified_ids(tokens: Iterable[str], *, keys: ThreadKeys) -> tuple[str, ...]:
    """The random ids of those tokens that are this organization's, in order, each once."""
    found = (verified_id(token, keys=keys) for token in tokens)
    return tuple(dict.fromkeys(token_id for token_id in found if token_id))


def message_id_for(token: str, *, domain: str) -> str:
    """The Message-ID that carries the token, without angle brackets."""
    return f"pr.{token}@{domain}"


def plus_address(address: str, *, token: str) -> str:
    """The address with the token behind a plus; replies to it reach the same mailbox."""
    local, _, domain = address.rpartition("@")
    return f"{local}+pr.{token}@{domain}"


def without_token(address: str) -> str:
    """The address as it is without our plus part, lower-cased."""
    local, _, domain = address.lower().rpartition("@")
    base, plus, tag = local.partition("+")
    return f"{base}@{domain}" if plus and _IN_ADDRESS.fullmatch(tag) else f"{local}@{domain}"


def body_mark(token: str) -> str:
    """How a body carries the token."""
    return f"[postroom:{token}]"


def has_body_mark(text: str) -> bool:
    """Whether a whole body mark stands in the text as we write it, whoever made it."""
    return "postroom:" in text and _MARK.search(text) is not None


def tokens_in_ids(message_ids: Iterable[str]) -> tuple[str, ...]:
    """The tokens that Message-IDs carry, unverified, lower-cased, in order, each once."""
    return _found(_IN_ADDRESS, message_ids)


def tokens_in_addresses(addresses: Iterable[str]) -> tuple[str, ...]:
    """The tokens that plus-addresses carry, unverified, lower-cased, in order, each once."""
    return _found(_IN_ADDRESS, (address for address in addresses if "+" in address))


def tokens_in_text(text: str) -> tuple[str, ...]:
    """The tokens of body marks in text or HTML, unverified, lower-cased, in order, each once."""
    return _found(_IN_BODY, [text])


def subject_tag(number: int) -> str:
    """The plain tag; it counts only for people already on the ticket."""
    return f"[#{number}]"


def signed_subject_tag(number: int, *, keys: ThreadKeys) -> str:
    """The tag that proves by itself to which ticket a mail belongs."""
    return f"[#{number}-{_subject_signature(number, keys.secrets[keys.current_id], keys)}]"


def subject_tags(subject: str) -> tuple[SubjectTag, ...]:
    """The tags of a decoded subject, in order, each once."""
    found = (SubjectTag(int(match[1]), (match[2] or "").lower()) for match in _IN_SUBJECT.finditer(subject))
    return tuple(dict.fromkeys(found))


def is_signed_by(tag: SubjectTag, *, keys: ThreadKeys) -> bool:
    """True if a key of this organization signed the tag for its number."""
    candidates = [_subject_signature(tag.number, secret, keys) for secret in keys.secrets.values()]
    return any(hmac.compare_digest(tag.signature.encode(), candidate.encode()) for candidate in candidates)


def without_tags(subject: str) -> str:
    """The subject without any of our tags."""
    return " ".join(_IN_SUBJECT.sub(" ", subject).split())


def _found(pattern: re.Pattern[str], texts: Iterable[str]) -> tuple[str, ...]:
    tokens: dict[str, None] = {}
    for text in texts:
        for match in pattern.finditer(text):
            tokens[match[1].lower()] = None
            if len(tokens) == _MAX_CANDIDATES:
                return tuple(tokens)
    return tuple(tokens)


def _signature(token_id: str, key_id: str, keys: ThreadKeys) -> str:
    return _base32(_mac(f"thread token\0{keys.organization}\0{token_id}{key_id}", keys.secrets[key_id]))


def _subject_signature(number: int, secret: bytes, keys: ThreadKeys) -> str:
    return _base32(_mac(f"subject tag\0{keys.organization}\0{number}", secret))[:SUBJECT_SIGNATURE_CHARS]


def _mac(text: str, secret: bytes) -> bytes:
    return hmac.new(secret, text.encode(), hashlib.sha256).digest()[:SIGNATURE_BYTES]


def _base32(raw: bytes) -> str:
    return base64.b32encode(raw).decode("ascii").rstrip("=").lower()
