"""Copying settings from one mailbox to others: how they are polled, what becomes of their mail, who gets its tickets.

Never copied: addresses and names, servers, accounts and secrets, and what was chosen for mail that was there before.
Every field of a mailbox belongs to a setting, or stands among what is never copied; so does every table that names one.
What a target's kind cannot do is left out for that target and said. Needs the organization's scope.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace

from django.conf import settings
from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from helpdesk.accounts.models import Membership, Organization
from helpdesk.accounts.services import audit
from helpdesk.tenancy import drains
from helpdesk.tenancy.models import WorkKind
from mailboxes.connectors.base import AfterImport
from mailboxes.connectors.registry import traits_of
from mailboxes.models import AfterImportChoice, Mailbox
from mailboxes.policy_copies import Policy, policies
from mailboxes.services.oauth.registrations import grant_of
from mailboxes.services.setup.mailboxes import start_over


@dataclass(frozen=True)
class Setting:
    """What is copied together."""

    code: str
    label: Promise
    fields: tuple[str, ...]


SETTINGS = (
    Setting("team", _("Team"), ("team",)),
    Setting("assignee", _("Agent of new tickets"), ("assignee",)),
    Setting("category", _("Category of new tickets"), ("category",)),
    Setting("company", _("Company of new tickets"), ("company",)),
    Setting("priority", _("Priority of new tickets"), ("ticket_priority",)),
    Setting("poll_interval", _("How often it is checked"), ("poll_interval_s",)),
    Setting("real_time", _("Real time"), ("is_real_time",)),
    Setting(
        "after_import",
        _("What happens to mail on the server"),
        ("after_import", "after_import_folder", "after_import_days"),
    ),
    Setting("max_message", _("Largest message"), ("max_message_bytes",)),
    Setting("answers_only", _("Answers only"), ("answers_only",)),
    Setting(
        "spam",
        _("Spam recognised by headers"),
        ("trusts_spamassassin", "trusts_exchange", "trusts_feedback_id", "trusts_dmarc", "spam_trust"),
    ),
    Setting("spam_daemon", _("Spam recognised by the installation’s filter"), ("asks_spam_daemon",)),
    Setting("charset", _("Charset of mail that names none"), ("default_charset",)),
    Setting("plus_addresses", _("Plus addresses"), ("has_plus_addresses",)),
    Setting("subject_token", _("Token in the subject"), ("has_subject_token",)),
)

NEVER_COPIED = frozenset({
    *("id", "organization"),
    *("connection", "outgoing", "remote_user", "folder", "holds_sent", "sent_filing"),  # where and how it is reached
    *("name", "address", "aliases", "from_name", "forwarding_name"),  # who it is
    *("existing_mail", "start_at", "connected_at"),  # what was chosen for mail that was there before
    *("is_enabled", "is_primary", "is_draft", "setup", "deleted_at"),  # a state, of which each has its own
    *("lost_team",),  # follows the team
    *("real_time", "real_time_reason", "real_time_since", "traced_until"),
    *("source_generation", "epoch", "cursor", "watermark_at", "fingerprint"),  # what was seen on the server
    *("is_history_settled", "history_upto", "reconciled_at", "reconciled_fingerprint", "reconciled_count"),
    *("health", "health_since", "failures_in_row", "failing_since", "error_reason", "error_detail"),
    *("throttled_until", "outage_notified_at"),
})  # fmt: skip

# What came, what was sent, and what was tried: the names of models.
ROWS_NEVER_COPIED = frozenset(
    {"RawMessage", "RemoteMessage", "IgnoredRange", "OutboxMessage", "HealthSpan", "WholeFetch"}
    | {"BackFill", "EndToEndTest", "SenderCheck", "GraphSubscription", "ProtocolTrace"}
)


def settings_of(organization: Organization) -> list[Setting | Policy]:
    """What can be copied there: the company only while several are served, the filter only where there is one."""
    has = {"company": organization.serves_companies, "spam_daemon": settings.SPAM_DAEMON is not None}
    own = [setting for setting in SETTINGS if has.get(setting.code, True)]
    return [*own, *policies()]


@dataclass(frozen=True)
class PolicyChange:
    """A policy that the target would have as the source has it."""

    policy: Policy
    before: str
    after: str


@dataclass(frozen=True)
class TargetPlan:
    """What copying would do to one mailbox."""

    mailbox: Mailbox
    changes: Sequence[Setting] = ()  # that differ, and would be as the source's
    refused: Sequence[tuple[Setting, Promise]] = field(default_factory=tuple)  # with the reason
    policies: Sequence[PolicyChange] = ()  # the same of what the layer above keeps

    @property
    def has_changes(self) -> bool:
        """Whether anything becomes another."""
        return bool(self.changes or self.policies)


def plan_copy(source: Mailbox, *, targets: Sequence[Mailbox], codes: Collection[str]) -> list[TargetPlan]:
    """What copying these settings would do to each target; nothing is changed."""
    wanted = [setting for setting in SETTINGS if setting.code in codes]
    plans = [_plan(source, target, wanted) for target in targets if target.pk != source.pk]
    for policy in policies():
        if policy.code in codes:
            plans = _with_policy(plans, source, policy)
    return plans


@transaction.atomic
def copy_settings(
    source: Mailbox, *, targets: Sequence[Mailbox], codes: Collection[str], actor: Membership
) -> list[TargetPlan]:
    """The settings are as the source's wherever they can be; gives what was done. Each change is in the audit trail.

    Raises DomainError where a policy cannot be given to another mailbox as it stands; then nothing was changed.
    """
    plans = plan_copy(source, targets=targets, codes=codes)
    for plan in plans:
        if plan.changes:
            _copy(source, plan, actor=actor)
        for change in plan.policies:
            change.policy.copy(source, plan.mailbox, actor=actor)
    drains.wake(WorkKind.POLL)
    return plans


def _with_policy(plans: Sequence[TargetPlan], source: Mailbox, policy: Policy) -> list[TargetPlan]:
    """The plans, and what copying the policy changes."""
    states = policy.load([source, *(plan.mailbox for plan in plans)])
    given, found = states[source.pk], []
    for plan in plans:
        now = states[plan.mailbox.pk]
        more = [] if now == given else [PolicyChange(policy, policy.words(now), policy.words(given))]
        found.append(replace(plan, policies=(*plan.policies, *more)))
    return found


def _copy(source: Mailbox, plan: TargetPlan, *, actor: Membership) -> None:
    target, names = plan.mailbox, [name for setting in plan.changes for name in setting.fields]
    before = {name: getattr(target, name) for name in names}
    for name in names:
        setattr(target, name, getattr(source, name))
    if "team" in names:
        target.lost_team = ""
    target.save(update_fields=[*names, "lost_team"])
    changes = audit.differences(before, after={name: getattr(target, name) for name in names})
    changes["copied_from"] = (None, source.name)
    audit.record("mailbox.settings_copied", target=target, actor=actor, changes=changes)
    start_over(target)


def _plan(source: Mailbox, target: Mailbox, wanted: Sequence[Setting]) -> TargetPlan:
    differing = [setting for setting in wanted if _values(source, setting) != _values(target, setting)]
    refused = {setting: why for setting in differing if (why := _obstacle(source, target, setting)) is not None}
    changes = [setting for setting in differing if setting not in refused]
    return TargetPlan(target, changes, tuple(refused.items()))


def _obstacle(source: Mailbox, target: Mailbox, setting: Setting) -> Promise | None:
    """Why the target cannot have it; None if it can."""
    traits = traits_of(target.connection.kind)
    if setting.code in ("poll_interval", "real_time", "after_import") and not traits.is_polled:
        return _("Mail is brought to this mailbox; no server is checked.")
    if setting.code == "real_time" and source.is_real_time:
        return _no_real_time(target)
    if setting.code != "after_import":
        return None
    if AfterImport(source.after_import) not in traits.after_import:
        return _("This kind of connection can neither mark mail as read nor move it.")
    if source.after_import == AfterImportChoice.MOVE and source.after_import_folder == target.folder:
        return _("Mail would be moved to the folder it is read from.")
    return None


def _no_real_time(target: Mailbox) -> Promise | None:
    """Why nobody can tell of the mailbox's new mail, as its form says it, too; None if somebody can."""
    traits = traits_of(target.connection.kind)
    if not traits.has_notifications:
        return None if traits.has_idle else _("This kind of connection has no real time.")
    if not settings.PUBLIC_URL:
        return _("This installation has no address that Microsoft can call.")
    if target.remote_user and grant_of(target.connection) is None:
        return _("Who signed in is not told of new mail in a shared mailbox; only an app registration is.")
    return None


def _values(mailbox: Mailbox, setting: Setting) -> list[object]:
    return [getattr(mailbox, name) for name in setting.fields]
