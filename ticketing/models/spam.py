"""What an organization's marks have taught about the words of spam. Bounded: see `services.spam_learning`."""

from __future__ import annotations

from django.db import models

from helpdesk.tenancy.models import TenantModel
from ticketing.models.ticket import Ticket


class SpamCorpus(TenantModel):
    """How many mails of each kind were learned from."""

    spam_marks = models.PositiveIntegerField(default=0)
    clean_marks = models.PositiveIntegerField(default=0)
    version = models.BigIntegerField(default=0, db_default=0)  # another with each lesson; 0: none since it is counted

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["organization"], name="spam_corpus_once")]


class SpamWord(TenantModel):
    """In how many of them a word was."""

    word = models.CharField(max_length=40)
    in_spam = models.PositiveIntegerField(default=0)
    in_clean = models.PositiveIntegerField(default=0)

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["organization", "word"], name="spam_word_once")]


class TaughtMail(TenantModel):
    """What the operator's spam daemon is told of the first mail of one ticket, and what it was told last."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="+")
    wanted = models.CharField(max_length=8)  # helpdesk.spam_daemon.values.Lesson
    taught = models.CharField(max_length=8, default="nothing")
    marked_at = models.DateTimeField()  # when a person last changed the mark

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["organization", "ticket"], name="taught_mail_once")]


class LearnedMail(TenantModel):
    """What was learned from the first mail of one ticket, so that it can be unlearned exactly."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="+")
    is_spam = models.BooleanField()
    words = models.JSONField(default=list)

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["organization", "ticket"], name="learned_mail_once")]
        indexes = [models.Index(fields=["organization", "is_spam", "id"], name="learned_mail_oldest")]
