"""Properties of tags: which of them are put on spam, and whether others are suggested."""

from __future__ import annotations

from collections.abc import Collection

from django.db import transaction
from django.utils.translation import gettext as _

from helpdesk.accounts.models import Membership
from helpdesk.accounts.services import audit
from ticketing.models import Tag, TagCorpus


@transaction.atomic
def set_spam_tags(tag_ids: Collection[int], *, actor: Membership) -> list[Tag]:
    """These tags have the Spam property and no others; gives those that changed, each of which is audited."""
    changed = [tag for tag in Tag.objects.select_for_update() if tag.is_for_spam != (tag.pk in tag_ids)]
    for tag in changed:
        tag.is_for_spam = not tag.is_for_spam
        changes = {"is_for_spam": (not tag.is_for_spam, tag.is_for_spam)}
        audit.record("tag.changed", target=tag, actor=actor, changes=changes)
    Tag.objects.bulk_update(changed, ["is_for_spam"])
    return changed


@transaction.atomic
def set_tag_suggestions(*, is_on: bool, actor: Membership) -> bool:
    """Tags are suggested and learned, or neither; what was learned is kept. Gives whether that is new. Audited."""
    row: TagCorpus = TagCorpus.objects.select_for_update().first() or TagCorpus()
    if row.is_on == is_on:
        return False
    row.is_on = is_on
    row.save(update_fields=["is_on"] if row.pk else None)
    changes = {"suggests_tags": (not is_on, is_on)}
    audit.record("tag.suggestions_changed", target=row, actor=actor, changes=changes, label=_("Suggesting tags"))
    return True
