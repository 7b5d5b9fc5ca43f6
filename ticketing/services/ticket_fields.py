"""The custom fields of an organization: making, changing, ordering and retiring them. Tickets keep their values."""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.text import slugify
from django.utils.translation import gettext as _

from helpdesk.accounts.models import Membership
from helpdesk.accounts.services import audit
from helpdesk.lib.text import clean_line
from ticketing.models import FieldKind, TicketField
from ticketing.services.policy_version import policy_changed

MAX_FIELDS = 60
MAX_CHOICES = 200
MAX_CHOICE_CHARS = 80
_KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")
_WITH_CHOICES = (FieldKind.CHOICE, FieldKind.CHOICES)


@dataclass(frozen=True)
class FieldProfile:
    """What can be changed of a field."""

    label: str
    choices: tuple[str, ...] = ()
    is_active: bool = True
    in_lists: bool = False


@transaction.atomic
def create_field(profile: FieldProfile, *, kind: FieldKind, key: str = "", actor: Membership | None) -> TicketField:
    """The field exists, last in the order. key: "" for one made from the name. Inside the organization's scope.

    Raises ValidationError by field: label, key, choices; and for one field too many.
    """
    if TicketField.objects.count() >= MAX_FIELDS:
        raise ValidationError(_("There are %d fields, which is the most. Rename one that is retired.") % MAX_FIELDS)
    last = TicketField.objects.aggregate(last=Max("place"))["last"]
    field = TicketField(kind=kind, key=key.strip() or _free_key(profile.label), place=0 if last is None else last + 1)
    if not _KEY.fullmatch(field.key):
        raise ValidationError({"key": _("A key has lower-case letters, digits and _, and begins with a letter.")})
    if TicketField.objects.filter(key=field.key).exists():
        raise ValidationError({"key": _("There is a field with this key. Choose another one.")})
    _take(field, profile)
    changes = {"label": (None, field.label), "kind": (None, str(FieldKind(kind).label)), "key": (None, field.key)}
    audit.record("field.created", target=field, actor=actor, changes=changes)
    policy_changed()
    return field


@transaction.atomic
def change_field(field_id: int, *, profile: FieldProfile, actor: Membership | None) -> TicketField:
    """The field is as the profile says; what tickets have in it stays. Inside the organization's scope.

    Raises ValidationError as `create_field`, TicketField.DoesNotExist.
    """
    field: TicketField = TicketField.objects.select_for_update().get(pk=field_id)
    before = _told(field)
    _take(field, profile)
    changes = audit.differences(before, after=_told(field))
    if changes:
        audit.record("field.changed", target=field, actor=actor, changes=changes)
        policy_changed()
    return field


@transaction.atomic
def move_field(field_id: int, *, up: bool, actor: Membership | None) -> bool:
    """The field stands before the one above it, or behind the one below; False where there is none.

    Raises TicketField.DoesNotExist.
    """
    rows = list(TicketField.objects.select_for_update().order_by("place", "id"))
    place = next((number for number, row in enumerate(rows) if row.pk == field_id), None)
    if place is None:
        raise TicketField.DoesNotExist
    other = place - 1 if up else place + 1
    if not 0 <= other < len(rows):
        return False
    rows[place], rows[other] = rows[other], rows[place]
    for number, row in enumerate(rows):
        row.place = number
    TicketField.objects.bulk_update(rows, ["place"])
    audit.record("field.moved", target=rows[other], actor=actor, changes={"place": (place + 1, other + 1)})
    return True


def _take(field: TicketField, profile: FieldProfile) -> None:
    field.label = " ".join(clean_line(profile.label).split())
    field.is_active, field.in_lists = profile.is_active, profile.in_lists
    field.choices = _choices(profile.choices) if field.kind in _WITH_CHOICES else []
    if field.kind in _WITH_CHOICES and not field.choices:
        raise ValidationError({"choices": _("Enter the words to choose from, each on its own line.")})
    field.claim_organization()
    field.full_clean(exclude=["organization", "choices"], validate_unique=False, validate_constraints=False)
    try:
        with transaction.atomic():
            field.save()
    except IntegrityError as error:
        raise ValidationError({"label": _("There is a field with this name. Choose another name.")}) from error


def _choices(words: tuple[str, ...]) -> list[str]:
    """The words, tidied, each once whatever its case."""
    once: dict[str, str] = {}
    for word in (" ".join(clean_line(each).split()) for each in words):
        if word:
            once.setdefault(word.casefold(), word)
    found = list(once.values())
    long = next((word for word in found if len(word) > MAX_CHOICE_CHARS), None)
    if long is not None:
        sentence = _("“%(word)s…” is too long: a word to choose has at most %(count)d characters.")
        raise ValidationError({"choices": sentence % {"word": long[:30], "count": MAX_CHOICE_CHARS}})
    if len(found) > MAX_CHOICES:
        raise ValidationError({"choices": _("At most %d words can be chosen from.") % MAX_CHOICES})
    if any("," in word or ";" in word for word in found):
        raise ValidationError({"choices": _("A word to choose has no comma and no semicolon: they part words.")})
    return found


def _free_key(label: str) -> str:
    """A key from the name that no field has; a number where the name has no letters a to z."""
    plain = slugify(label).replace("-", "_")[:36].strip("_")
    stem = plain if _KEY.fullmatch(plain) else f"field_{plain}".strip("_")[:36]
    taken = set(TicketField.objects.values_list("key", flat=True))
    numbered = (f"{stem}_{number}" for number in range(2, MAX_FIELDS + 2))
    return next(key for key in (stem, *numbered) if key not in taken)


def _told(field: TicketField) -> dict[str, object]:
    return {
        "label": field.label,
        "choices": ", ".join(field.choices),
        "in_lists": field.in_lists,
        "is_active": field.is_active,
    }
