"""Which mail a read receipt (RFC 8098) or a complaint (RFC 5965) reports on."""

from ticketing.mail.bounces import ORIGINAL_TYPES, decoded
from ticketing.mail.budget import Budget
from ticketing.mail.head import Head
from ticketing.mail.structure import Part, read_fields, walk
from ticketing.mail.values import AutoKind

_KINDS = (AutoKind.READ_RECEIPT, AutoKind.FEEDBACK)
_NOTIFICATION = "message/disposition-notification"


def reported_ids(tree: Part, *, kind: AutoKind | None, budget: Budget) -> tuple[str, ...]:
    """Its Message-ID, without brackets; nothing for a mail that is no such report, and where the report names none."""
    if kind not in _KINDS:
        return ()
    leaves = walk(tree)
    named = [_ids(leaf, "original-message-id", budget) for leaf in leaves if leaf.type == _NOTIFICATION]
    returned = [_ids(leaf, "message-id", budget) for leaf in leaves if leaf.type in ORIGINAL_TYPES]
    return next(filter(None, (*named, *returned)), ())[:1]


def _ids(part: Part, name: str, budget: Budget) -> tuple[str, ...]:
    data = decoded(part, budget)
    fields, _ = read_fields(data, 0, len(data), budget=budget)
    return Head(fields, budget).ids(name)
