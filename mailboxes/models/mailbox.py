"""A mailbox: an address, the folder it is read from, and what is done with its mail.

Cursor or watermark, epoch and fingerprint only narrow the listing; the ledger (`RemoteMessage`) is the truth. The
source generation rises whenever host, user or folder identity changes, so that new mail is never taken for old.
"""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from helpdesk.accounts.models import MAX_POLL_INTERVAL_S, MIN_POLL_INTERVAL_S, Category, Company, Membership, Team
from helpdesk.tenancy.models import TenantModel
from mailboxes.connectors.base import AfterImport
from mailboxes.models.connection import Connection, OutgoingServer

MAX_MESSAGE_BYTES = 50 * 1024 * 1024  # unless the mailbox says otherwise
LARGEST_MESSAGE_BYTES = 500 * 1024 * 1024  # nothing above it is ever fetched: it is held in memory


class ExistingMail(models.TextChoices):
    """What happens to mail that was there before the mailbox was connected. None of it is ever answered."""

    IGNORE = "ignore", _("Ignore it")
    CLOSED = "closed", _("Import it as closed tickets")
    OPEN = "open", _("Import it as open tickets")


class AfterImportChoice(models.TextChoices):
    """What is done on the server after our copy is committed."""

    LEAVE = AfterImport.LEAVE.value, _("Leave it untouched")
    SEEN = AfterImport.SEEN.value, _("Mark as read")
    MOVE = AfterImport.MOVE.value, _("Move to a folder")
    DELETE = AfterImport.DELETE.value, _("Delete after some days")


class TicketPriority(models.TextChoices):
    """How much new tickets of a mailbox press; the values are those of tickets."""

    LOW = "low", _("Low")
    NORMAL = "normal", _("Normal")
    HIGH = "high", _("High")
    URGENT = "urgent", _("Urgent")


class SpamTrust(models.TextChoices):
    """Whose headers about spam are believed."""

    GATEWAYS = "gateways", _("The mail server’s and those of filters in front of it")
    PROVIDER = "provider", _("Only those that the mail server’s provider writes itself")


class Health(models.TextChoices):
    """How a mailbox fares, as last seen."""

    NOT_FINISHED = "not_finished", _("Not finished")
    REACHABLE = "reachable", _("Reachable")
    UNREACHABLE = "unreachable", _("Unreachable")
    THROTTLED = "throttled", _("Throttled")


class RealTime(models.TextChoices):
    """Whether the server tells of new mail by itself; polling goes on in any case."""

    WAITING = "waiting", _("Not yet")
    LIVE = "live", _("Real time")
    LOST = "lost", _("Interrupted")  # tried again by itself
    UNAVAILABLE = "unavailable", _("Not possible")  # tried again when the mailbox is changed, or each hour


class Mailbox(TenantModel):
    """An address customers write to."""

    connection = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="mailboxes")
    outgoing = models.ForeignKey(OutgoingServer, on_delete=models.SET_NULL, null=True, related_name="mailboxes")
    name = models.CharField(_("name"), max_length=80)
    address = models.EmailField(_("address"), max_length=320)  # lower-cased
    aliases = models.JSONField(default=list)  # further own addresses, lower-cased
    from_name = models.CharField(_("from name"), max_length=120, blank=True)
    remote_user = models.CharField(max_length=320, blank=True)  # whose mail is read; empty: the connection's user
    forwarding_name = models.CharField(max_length=64, blank=True)  # local part on MAIL_DOMAIN; PUSH only
    folder = models.CharField(_("folder"), max_length=400, default="INBOX")
    holds_sent = models.BooleanField(default=False, db_default=False)  # what people of ours sent lies in the folder
    team = models.ForeignKey(Team, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    lost_team = models.CharField(max_length=80, blank=True)  # the name of the one that was deleted under it
    assignee = models.ForeignKey(Membership, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    category = models.ForeignKey(Category, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    company = models.ForeignKey(Company, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    ticket_priority = models.CharField(max_length=8, choices=TicketPriority, default=TicketPriority.NORMAL)

    is_draft = models.BooleanField(default=False)  # being set up: nothing of it is read, taken or sent
    setup = models.JSONField(default=dict)  # of a draft: what the set-up knows besides (services.setup.drafts)
    is_enabled = models.BooleanField(default=True)  # off: paused by a person, or not started yet
    is_primary = models.BooleanField(default=False)  # stands in for others; one of the organization
    poll_interval_s = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(MIN_POLL_INTERVAL_S), MaxValueValidator(MAX_POLL_INTERVAL_S)],
    )  # None: the organization's, else the installation's
    start_at = models.DateTimeField(null=True)  # hard floor: mail received before it is history
    existing_mail = models.CharField(max_length=8, choices=ExistingMail, default=ExistingMail.IGNORE)
    connected_at = models.DateTimeField(auto_now_add=True)  # mail received before it was there already
    after_import = models.CharField(max_length=8, choices=AfterImportChoice, default=AfterImportChoice.LEAVE)
    after_import_folder = models.CharField(max_length=400, blank=True)
    after_import_days = models.PositiveIntegerField(default=0)
    max_message_bytes = models.PositiveBigIntegerField(default=MAX_MESSAGE_BYTES)
    default_charset = models.CharField(max_length=40, blank=True)
    answers_only = models.BooleanField(default=False)  # on: mail that belongs to no ticket opens none
    trusts_spamassassin = models.BooleanField(default=True)  # X-Spam-Flag or X-Spam-Status that says yes is spam
    trusts_exchange = models.BooleanField(default=True)  # so is SFV:SPM or a blocked sender, or SCL from 5 on
    trusts_feedback_id = models.BooleanField(default=True)  # so is any Feedback-ID
    trusts_dmarc = models.BooleanField(default=True)  # so is dmarc=fail in Authentication-Results
    asks_spam_daemon = models.BooleanField(default=True)  # about new mail, where the operator runs one
    spam_trust = models.CharField(max_length=10, choices=SpamTrust, default=SpamTrust.GATEWAYS)
    has_plus_addresses = models.BooleanField(default=False)  # address+tag@ reaches this mailbox
    has_subject_token = models.BooleanField(default=False)  # for internal Exchange, which strips headers
    sent_filing = models.BooleanField(default=True)  # we file the copy in Sent; off: the provider does

    is_real_time = models.BooleanField(default=False)  # wanted; `real_time` says how it stands
    real_time = models.CharField(max_length=12, choices=RealTime, default=RealTime.WAITING)
    real_time_reason = models.CharField(max_length=32, blank=True)  # connectors.errors.Reason
    real_time_since = models.DateTimeField(null=True)
    traced_until = models.DateTimeField(null=True)  # until then what is said with its servers is recorded

    source_generation = models.PositiveIntegerField(default=1)
    epoch = models.CharField(max_length=64, blank=True)  # UIDVALIDITY last seen
    cursor = models.BigIntegerField(default=0)  # highest remote id listed, where ids are numbers
    watermark_at = models.DateTimeField(null=True)  # latest received date listed, where ids are names
    fingerprint = models.CharField(max_length=120, blank=True)  # UIDNEXT:count:MODSEQ last seen
    is_history_settled = models.BooleanField(default=False)  # ignored history has become a range
    history_upto = models.BigIntegerField(null=True)  # ids there when it was connected; None: told by dates instead
    reconciled_at = models.DateTimeField(null=True)
    reconciled_count = models.PositiveIntegerField(null=True)  # messages in the folder then; None: not told
    reconciled_fingerprint = models.CharField(max_length=120, blank=True)

    health = models.CharField(max_length=16, choices=Health, default=Health.NOT_FINISHED)
    health_since = models.DateTimeField(null=True)  # the open span; None: not polled since it was connected or resumed
    failures_in_row = models.PositiveIntegerField(default=0)
    failing_since = models.DateTimeField(null=True)
    error_reason = models.CharField(max_length=32, blank=True)  # connectors.errors.Reason
    error_detail = models.CharField(max_length=300, blank=True)  # the server's words
    throttled_until = models.DateTimeField(null=True)
    outage_notified_at = models.DateTimeField(null=True)  # set: admins heard that it fails, not that it is over
    deleted_at = models.DateTimeField(null=True)  # deleted by a person; tickets and ledger stay

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                "organization",
                Lower("address"),
                "folder",
                condition=models.Q(deleted_at=None),
                name="mailbox_address_folder_once",
            ),
            models.UniqueConstraint("organization", condition=models.Q(is_primary=True), name="mailbox_primary_once"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_unstarted(self) -> bool:
        """True if it was never switched on: nothing of it was ever read, nor paused by anybody."""
        return not self.is_enabled and self.health == Health.NOT_FINISHED and self.health_since is None

    @property
    def takes_mail_away(self) -> bool:
        """True if imported mail leaves the folder it was found in."""
        return self.after_import in (AfterImportChoice.MOVE, AfterImportChoice.DELETE)
