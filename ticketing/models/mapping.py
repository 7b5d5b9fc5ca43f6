"""What becomes of the parts of a mailbox's mail: which fields take them, who is the requester, which files stay."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from helpdesk.tenancy.models import TenantModel
from mailboxes.models import Mailbox


class Source(models.TextChoices):
    """A part of a mail."""

    SUBJECT = "subject", _("Subject")
    BODY = "body", _("Body")  # of an answer what is new in it
    SENDER_NAME = "sender_name", _("Name of the sender")
    SENDER_ADDRESS = "sender_address", _("Address of the sender")
    TO = "to", _("To: names and addresses")
    CC = "cc", _("Cc: names and addresses")
    HEADER = "header", _("A header")
    FILES = "files", _("Attached files")
    IMAGES = "images", _("Images")


class Moment(models.TextChoices):
    """Of which mail."""

    NEW = "new", _("New tickets")
    UPDATE = "update", _("Answers")


class How(models.TextChoices):
    """What becomes of what the field has."""

    REPLACE = "replace", _("replaces")
    APPEND = "append", _("is added to")


class RequesterFrom(models.TextChoices):
    """Whose name and address the requester has."""

    FROM = "from", _("From")
    REPLY_TO = "reply_to", _("Reply-To, where there is one")


class KeptFiles(models.TextChoices):
    """Which files of a mail are kept with its message."""

    ALL = "all", _("All")
    INLINE = "inline", _("Only images inside the text")
    NONE = "none", _("None")


class ThenDo(models.TextChoices):
    """What becomes of commands that cannot be followed."""

    IGNORE = "ignore", _("Pass it over")
    NOTE = "note", _("Say so on the ticket")
    MAIL = "mail", _("Say so on the ticket and write a mail")


class MailMapping(TenantModel):
    """The choices for one mailbox; without a row all is as the defaults say."""

    mailbox = models.ForeignKey(Mailbox, on_delete=models.CASCADE, related_name="+")
    tags = models.JSONField(default=list)  # ids of tags that new tickets get
    fields = models.JSONField(default=dict)  # values that new tickets have, by key
    copies = models.JSONField(default=list)  # objects: when, source, header, field, how
    requester = models.CharField(max_length=8, choices=RequesterFrom, default=RequesterFrom.FROM)
    unwraps_lists = models.BooleanField(default=True)  # a list that put itself into From: the writer is the requester
    unwraps_forwards = models.BooleanField(default=True)  # an agent forwards a mail: its sender is the requester
    most_prefixes = models.PositiveSmallIntegerField(null=True)  # Re: and Fwd: of a subject; None: as they come
    kept_files = models.CharField(max_length=6, choices=KeptFiles, default=KeptFiles.ALL)
    refused_endings = models.JSONField(default=list)  # of file names, lower-cased, without the dot
    refused_types = models.JSONField(default=list)  # lower-cased; "image/*" for all of a kind
    refuses_programs = models.BooleanField(default=False)  # by what is in them, whatever they are called
    max_file_bytes = models.PositiveBigIntegerField(null=True)
    reads_commands = models.BooleanField(default=False)
    command_heading = models.CharField(max_length=60, default="Ticket details")
    command_language = models.CharField(max_length=2, default="en")  # of fields.reading.LANGUAGES
    command_how = models.CharField(max_length=8, choices=How, default=How.REPLACE)  # with what mapping gave
    command_clears = models.BooleanField(default=False)  # a name without a value takes the value off
    troubles = models.JSONField(default=dict)  # by fields.commands.Trouble: then (ThenDo), address, text
    version = models.PositiveIntegerField(default=0)  # rises with each change: a form that is older is refused

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["organization", "mailbox"], name="mapping_of_mailbox_once")]
