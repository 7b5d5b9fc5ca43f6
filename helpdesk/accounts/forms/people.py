"""Inviting people, their roles, and joining."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from helpdesk.accounts.capabilities import Capability, can
from helpdesk.accounts.models import Membership, Role, User

ROLE_HINTS = {
    Role.OWNER: _("Everything, and who else is an owner."),
    Role.ADMIN: _("Mailboxes, people, teams and all settings."),
    Role.AGENT: _("Answers tickets; sees the inbound log and the outbox."),
    Role.VIEWER: _("Reads tickets and changes nothing."),
}


def role_choices(actor: Membership) -> list[tuple[str, Any]]:
    """The roles that the actor may give."""
    return [(role.value, role.label) for role in Role if role != Role.OWNER or can(actor, Capability.MANAGE_OWNERS)]


class InvitationForm(forms.Form):
    """Whom to invite, as what."""

    email = forms.EmailField(
        label=_("Email"),
        error_messages={
            "required": _("Enter the address of the person to invite."),
            "invalid": _("This is no mail address. Write it like name@example.com."),
        },
    )
    role = forms.ChoiceField(label=_("Role"), initial=Role.AGENT.value)

    def __init__(self, *args: Any, actor: Membership, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = role_choices(actor)  # type: ignore[attr-defined]  # a ChoiceField


class RoleForm(forms.Form):
    """Another role for a member. Every role may be asked for: who may give it is the service's to say."""

    role = forms.ChoiceField(label=_("Role"), choices=Role.choices)


class JoiningForm(forms.Form):
    """Who somebody new is, and the password they choose."""

    name = forms.CharField(
        label=_("Your name"),
        max_length=User._meta.get_field("name").max_length,
        error_messages={"required": _("Enter your name, as customers will read it.")},
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        max_length=1024,
        help_text=_("At least 10 characters. A few words in a row are easy to remember and hard to guess."),
        error_messages={"required": _("Choose a password.")},
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
