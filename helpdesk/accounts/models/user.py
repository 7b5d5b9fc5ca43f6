"""A person who signs in, by e-mail address; belongs to organizations through memberships."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils.translation import gettext_lazy as _


class UserManager(BaseUserManager["User"]):
    """Makes users; addresses are compared in lower case."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """A new user with this address; without a password nobody can sign in as them until they set one."""
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email=(username or "").strip().lower())


class Theme(models.TextChoices):
    """What the pages look like."""

    SYSTEM = "", _("As the system")
    LIGHT = "light", _("Light")
    DARK = "dark", _("Dark")


class Density(models.TextChoices):
    """How close rows stand."""

    COSY = "", _("Cosy")
    COMPACT = "compact", _("Compact")
    ROOMY = "roomy", _("Roomy")


class User(AbstractBaseUser):
    """A person who signs in."""

    email = models.EmailField(_("email"), unique=True)  # lower-cased
    name = models.CharField(_("name"), max_length=120, blank=True)
    timezone = models.CharField(_("time zone"), max_length=64, blank=True)  # IANA name; empty: the organization's
    theme = models.CharField(_("theme"), max_length=8, choices=Theme, blank=True)
    density = models.CharField(_("density"), max_length=8, choices=Density, blank=True)
    single_keys = models.BooleanField(_("single-key shortcuts"), default=True)  # WCAG 2.1.4
    is_active = models.BooleanField(default=True)
    sessions_ended = models.PositiveIntegerField(default=0)  # how often: a session from before is none any more
    date_joined = models.DateTimeField(auto_now_add=True)
    last_organization = models.ForeignKey(
        "accounts.Organization", on_delete=models.SET_NULL, null=True, related_name="+"
    )

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"

    def __str__(self) -> str:
        return self.name or self.email

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.email = self.email.strip().lower()
        super().save(*args, **kwargs)

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """What a session must hold to count: another one after `end_sessions`, as after another password."""
        found: str = super()._get_session_auth_hash(secret=secret)  # type: ignore[misc]  # the stubs leave it out
        return f"{found}.{self.sessions_ended}" if self.sessions_ended else found

    def end_sessions(self) -> None:
        """Whoever is signed in as this person has to sign in again."""
        User.objects.filter(pk=self.pk).update(sessions_ended=models.F("sessions_ended") + 1)

    def get_full_name(self) -> str:
        """What other people see."""
        return str(self)
