"""The mail that a report returns, and what of it may still carry our signature where a relay changed its Message-ID.

Nothing is verified here: whose a token is, the database says.
"""

import re
from collections.abc import Iterable, Sequence

from ticketing.mail.budget import Budget
from ticketing.mail.fields import Fields
from ticketing.mail.head import Head
from ticketing.mail.message_ids import ID_COPY, tokens_in_addresses, tokens_in_ids, tokens_in_text
from ticketing.mail.structure import Part, read_fields, read_tree, walk
from ticketing.mail.transfer import decode_transfer
from ticketing.mail.values import Returned

ORIGINAL_TYPES = frozenset(
    {"message/rfc822", "text/rfc822-headers", "message/rfc822-headers", "message/global", "message/global-headers"}
)
_MAX_REPORT_BYTES = 512 * 1024
_MAX_TEXT_CHARS = 60_000
_MAX_FOUND = 50
_TELLING = ("x-postroom-message-id", "reply-to", "return-path", "in-reply-to", "references")
_HEADER_LINE = re.compile(
    rf"^[> \t]{{0,20}}({'|'.join(_TELLING)}):(.{{0,2000}}(?:\n[> \t]{{1,20}}<.{{0,1000}}){{0,60}})",
    re.MULTILINE | re.IGNORECASE,
)


def decoded(part: Part, budget: Budget) -> bytes:
    """What the part of a report holds, up to a limit."""
    view = part.body[:_MAX_REPORT_BYTES]
    return decode_transfer(view, part.get("content-transfer-encoding") or "", budget=budget)


def returned_copy(leaves: Sequence[Part], text: str, *, budget: Budget) -> Returned:
    """What the copy that a bounce returns carries, as a part of its own or written out in its text."""
    apart = budget.apart()  # what is wrong with the copy is not wrong with the report
    original = next((leaf for leaf in leaves if leaf.type in ORIGINAL_TYPES), None)
    if original is None:
        fields: Fields = [(match[1], match[2]) for match in _HEADER_LINE.finditer(text[:_MAX_TEXT_CHARS])]
        return _read(fields[:_MAX_FOUND], (), apart)
    data = decoded(original, apart)
    fields, _ = read_fields(data, 0, len(data), budget=apart)
    return _read(fields, _body_tokens(data, apart), apart)


def _read(fields: Fields, body_tokens: Iterable[str], budget: Budget) -> Returned:
    head = Head(fields, budget)
    ids = head.ids(ID_COPY.lower())[:2]
    reply_to = [value for name, value in fields if name.lower() in ("reply-to", "return-path")]
    answered = (*head.ids("in-reply-to"), *reversed(head.ids("references")))
    return Returned(
        ids=ids,
        tokens=tuple(dict.fromkeys((*tokens_in_addresses(reply_to), *tokens_in_ids(ids), *body_tokens)))[:_MAX_FOUND],
        thread_tokens=tokens_in_ids(answered),
    )


def _body_tokens(data: bytes, budget: Budget) -> tuple[str, ...]:
    """Of the marks in the copy's bodies, the last first: ours is the last line, above it others may be quoted."""
    texts = [leaf for leaf in walk(read_tree(data, budget=budget)) if leaf.type.startswith("text/")]
    found = [token for leaf in texts for token in reversed(tokens_in_text(decoded(leaf, budget).decode("latin-1")))]
    return tuple(dict.fromkeys(found))
