"""Which mail a read receipt (RFC 8098) or a complaint (RFC 5965) reports on, and what it says of it."""

from ticketing.mail.budget import Budget
from ticketing.mail.fields import Fields
from ticketing.mail.head import Head
from ticketing.mail.message_ids import ID_COPY
from ticketing.mail.returned import ORIGINAL_TYPES, decoded
from ticketing.mail.structure import Part, read_fields, walk
from ticketing.mail.values import AutoKind, Told

_KINDS = (AutoKind.READ_RECEIPT, AutoKind.FEEDBACK)
_NOTIFICATION = "message/disposition-notification"
_FEEDBACK = "message/feedback-report"
_DISPOSITIONS = {"displayed": Told.READ, "deleted": Told.DELETED}
_COMPLAINTS = frozenset({"abuse", "fraud", "opt-out"})  # not "not-spam", nor what tells of failed authentication
_MOST_NAMED = 20


def reported_ids(tree: Part, *, kind: AutoKind | None, budget: Budget) -> tuple[str, ...]:
    """Its Message-ID, without brackets; nothing for a mail that is no such report, and where the report names none."""
    if kind not in _KINDS:
        return ()
    leaves = walk(tree)
    named = [_ids(leaf, "original-message-id", budget) for leaf in leaves if leaf.type == _NOTIFICATION]
    originals = [leaf for leaf in leaves if leaf.type in ORIGINAL_TYPES]
    returned = [_ids(leaf, name, budget) for leaf in originals for name in (ID_COPY.lower(), "message-id")]
    return next(filter(None, (*named, *returned)), ())[:1]


def told(tree: Part, *, kind: AutoKind | None, budget: Budget) -> Told | None:
    """What became of the mail by such a report; None for another mail, and for a report that says something else."""
    if kind == AutoKind.READ_RECEIPT:
        disposition = _first(tree, _NOTIFICATION, "disposition", budget)
        return _DISPOSITIONS.get(disposition.rpartition(";")[2].partition("/")[0].strip().lower())
    if kind == AutoKind.FEEDBACK and _first(tree, _FEEDBACK, "feedback-type", budget).strip().lower() in _COMPLAINTS:
        return Told.COMPLAINT
    return None


def complainants(tree: Part, *, kind: AutoKind | None, budget: Budget) -> tuple[str, ...]:
    """Whom a complaint names as who got the mail; many providers name nobody."""
    if kind != AutoKind.FEEDBACK:
        return ()
    fields = [field for leaf in walk(tree) if leaf.type == _FEEDBACK for field in _fields(leaf, budget)]
    named = [value.strip().strip("<>").lower() for name, value in fields if name.lower() == "original-rcpt-to"]
    return tuple(dict.fromkeys(name for name in named if "@" in name))[:_MOST_NAMED]


def _first(tree: Part, media_type: str, name: str, budget: Budget) -> str:
    leaf = next((leaf for leaf in walk(tree) if leaf.type == media_type), None)
    return Head(_fields(leaf, budget), budget).first.get(name, "") if leaf is not None else ""


def _ids(part: Part, name: str, budget: Budget) -> tuple[str, ...]:
    return Head(_fields(part, budget), budget).ids(name)


def _fields(part: Part, budget: Budget) -> Fields:
    data = decoded(part, budget)
    fields, _ = read_fields(data, 0, len(data), budget=budget)
    return fields
