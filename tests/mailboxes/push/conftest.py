"""A mailbox that mail is brought to, and a program that posts to it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import Mailbox, RawMessage, RemoteMessage
from mailboxes.services.push.push_addresses import PushTarget
from tests.factories.mailboxes import make_push_mailbox


@dataclass
class Pushed:
    """The mailbox, its token, and what came of what was posted."""

    mailbox: Mailbox
    token: str
    client: Client = field(default_factory=Client)

    @property
    def address(self) -> str:
        """The path that mail is posted to."""
        return f"/push/{self.token}/"

    @property
    def target(self) -> PushTarget:
        """Where both addresses lead."""
        return PushTarget(self.mailbox.organization_id, self.mailbox.pk, self.mailbox.max_message_bytes)

    def post(self, content: bytes, *, content_type: str = "message/rfc822", **more: Any) -> Any:
        """The answer to this mail."""
        return self.client.post(self.address, content, content_type=content_type, **more)

    def change(self, **values: object) -> None:
        """The mailbox has other values, as the database has it."""
        with organization_scope(self.mailbox.organization_id):
            if values:
                Mailbox.objects.filter(pk=self.mailbox.pk).update(**values)
            self.mailbox.refresh_from_db()

    def sightings(self) -> list[RemoteMessage]:
        """What the ledger shows, oldest first, with the bytes."""
        with organization_scope(self.mailbox.organization_id):
            rows = RemoteMessage.objects.filter(mailbox=self.mailbox).select_related("raw")
            return list(rows.order_by("id"))

    def raws(self) -> list[RawMessage]:
        """What is stored, oldest first."""
        with organization_scope(self.mailbox.organization_id):
            return list(RawMessage.objects.filter(mailbox=self.mailbox).order_by("id"))


@pytest.fixture
def files_folder(settings: Any, tmp_path: Path) -> Path:
    """Where files go."""
    settings.MEDIA_ROOT = tmp_path / "files"
    return tmp_path / "files"


@pytest.fixture
def pushed(fernhollow: Any, files_folder: Path, settings: Any) -> Pushed:
    """A mailbox of fernhollow; the installation has the mail domain in.example.test."""
    locmem = "django.core.cache.backends.locmem.LocMemCache"
    settings.CACHES = {"default": {"BACKEND": locmem, "LOCATION": str(files_folder)}}  # nobody else counts there
    settings.MAIL_DOMAIN = "in.example.test"
    return Pushed(*make_push_mailbox(fernhollow, name="Support EU", address="support@fernhollow.test"))
