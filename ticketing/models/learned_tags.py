"""What people's tags have taught about the words of mails. Bounded: see `services.tag_learning`."""

from __future__ import annotations

from django.db import models

from helpdesk.tenancy.models import TenantModel
from ticketing.models.ticket import Ticket


class TagCorpus(TenantModel):
    """Whether tags are suggested, and from how much; without a row they are, and nothing was learned yet."""

    is_on = models.BooleanField(default=True)
    mails = models.PositiveIntegerField(default=0)  # learned from
    by_tag = models.JSONField(default=dict)  # how many of them carry the tag, by its id as text
    judged = models.JSONField(
        default=dict
    )  # by the same: how often it would have been suggested, and how often rightly

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["organization"], name="tag_corpus_once")]


class TagWord(TenantModel):
    """In how many of the mails a word was, and in how many of those with a tag."""

    word = models.CharField(max_length=40)
    mails = models.PositiveIntegerField(default=0)
    by_tag = models.JSONField(default=dict)  # by the tag's id as text; only what is above 0

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["organization", "word"], name="tag_word_once")]


class LearnedTags(TenantModel):
    """What was learned from the first mail of one ticket, so that it can be unlearned exactly."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="+")
    words = models.JSONField(default=list)
    tags = models.JSONField(default=list)  # ids, ascending; none: it teaches what has no tag
    judged = models.JSONField(default=list)  # ids of tags for which it has counted as suggested

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["organization", "ticket"], name="learned_tags_once")]
