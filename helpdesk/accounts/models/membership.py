"""Who belongs to an organization, as what, and in which teams."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from helpdesk.accounts.models.organization import Organization
from helpdesk.accounts.models.user import User
from helpdesk.lib import clock
from helpdesk.tenancy.models import TenantModel


class Role(models.TextChoices):
    """What a member is; `helpdesk.accounts.capabilities` says what each may do."""

    OWNER = "owner", _("Owner")
    ADMIN = "admin", _("Admin")
    AGENT = "agent", _("Agent")
    VIEWER = "viewer", _("Viewer")


class Membership(models.Model):
    """A user in an organization. A directory table: read at sign-in, before a scope exists."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(_("role"), max_length=8, choices=Role, default=Role.AGENT)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "user"], name="membership_once")]

    def __str__(self) -> str:
        return str(self.user)


class Team(TenantModel):
    """A group of members that tickets can be given to."""

    name = models.CharField(_("name"), max_length=80)
    hue = models.PositiveSmallIntegerField(default=1)  # 1-8, the swatch beside the name
    members = models.ManyToManyField(Membership, through="accounts.TeamMember", related_name="teams")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["organization", "name"], name="team_name_once")]

    def __str__(self) -> str:
        return self.name


class TeamMember(TenantModel):
    """A member's place in a team."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="places")
    membership = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="places")

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["organization", "team", "membership"], name="team_member_once")]


class Invitation(TenantModel):
    """An offer to join, sent by mail; its link works once, until it expires. The token's hash is a TokenEntry."""

    email = models.EmailField()  # lower-cased
    role = models.CharField(max_length=8, choices=Role, default=Role.AGENT)
    invited_by = models.ForeignKey(Membership, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta(TenantModel.Meta):
        indexes = [models.Index(fields=["organization", "email"], name="invitation_email")]

    def has_expired(self) -> bool:
        """True if its link has run out; says nothing about whether it was used."""
        return self.expires_at <= clock.now()


class AuditEntry(TenantModel):
    """Who changed which setting, and how. Append-only; never holds a secret."""

    at = models.DateTimeField(auto_now_add=True)
    actor = models.ForeignKey(Membership, on_delete=models.SET_NULL, null=True, related_name="+")
    origin = models.CharField(max_length=16, default="web")  # web, command, worker
    action = models.CharField(max_length=64)  # constant name, e.g. mailbox.paused
    target_kind = models.CharField(max_length=32)
    target_id = models.CharField(max_length=64)
    target_label = models.CharField(max_length=200)
    changes = models.JSONField(default=dict)  # field -> [before, after]; secrets appear as "changed"

    class Meta(TenantModel.Meta):
        indexes = [models.Index(fields=["organization", "-at"], name="audit_recent")]
