"""Properties of tags: which of them are put on spam."""

from __future__ import annotations

from collections.abc import Collection

from django.db import transaction

from helpdesk.accounts.models import Membership
from helpdesk.accounts.services import audit
from ticketing.models import Tag


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
