"""What a message and its files say about the mail, as they are stored: codes and values, in no language.

The parser's remarks and notes, and beside them what intake itself left out. `ticketing/remark_words.py` has the words.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from helpdesk.lib.text import clean_line
from ticketing.inbound.envelope import MAX_RECIPIENTS, Envelope
from ticketing.mail.remarks import Value
from ticketing.models import KeptRemark

MAX_REMARKS = 30
_MAX_VALUE_CHARS = 300

StoredRemark = dict[str, Value]  # "code", and the values of its sentence


def stored_remarks(envelope: Envelope, *, is_search_capped: bool, left_out_quotes: bool = False) -> list[StoredRemark]:
    """The remarks of the mail's message: what can't be found in it first, then what was cut, then what is odd."""
    quotes: list[StoredRemark] = [{"code": KeptRemark.QUOTE_LEFT_OUT.value}] if left_out_quotes else []
    found = [*_of_intake(envelope, is_search_capped=is_search_capped), *quotes, *_of_parser(envelope)]
    return found[:MAX_REMARKS]


def _of_intake(envelope: Envelope, *, is_search_capped: bool) -> Iterator[StoredRemark]:
    if not envelope.is_indexed:
        yield {"code": KeptRemark.NOT_INDEXED.value}
    if is_search_capped:
        yield {"code": KeptRemark.SEARCH_CAPPED.value}
    if envelope.requester is not None:
        named = {"name": envelope.requester.name, "address": envelope.requester.address}
        sender = {"sender": envelope.from_address[:_MAX_VALUE_CHARS]}
        yield {"code": KeptRemark.OTHER_REQUESTER.value, "how": envelope.requester.how.value, **named, **sender}
    kept, total = len(envelope.recipients), envelope.mail.recipient_count
    if kept == MAX_RECIPIENTS < total:
        yield {"code": KeptRemark.RECIPIENTS_LEFT_OUT.value, "total": total, "kept": kept}


def _of_parser(envelope: Envelope) -> Iterable[StoredRemark]:
    for found in (*envelope.mail.cut, *envelope.mail.defects):
        yield {"code": found.code.value, **{name: _storable(value) for name, value in found.values.items()}}


def _storable(value: Value) -> Value:
    return clean_line(value)[:_MAX_VALUE_CHARS] if isinstance(value, str) else value
