"""A mailbox that mail is brought to, and the proof that a mail is there once."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from itertools import count

from tests.faults.harness import SLUG, Ended, Installation

_numbers = count(1)
_MAKE = f"""
from helpdesk.accounts.models import Organization
from tests.factories.mailboxes import make_push_mailbox
box, token = make_push_mailbox(Organization.objects.get(slug={SLUG!r}), address="bring%d@fernhollow.test")
print(box.id, token, box.forwarding_name)
"""
_POST = """
from django.test import Client
answer = Client(SERVER_NAME="localhost").post("/push/%s/", %r, content_type="message/rfc822")
print(answer.status_code, answer.json()["id"])
"""


@dataclass(frozen=True)
class Brought:
    """The mailbox."""

    installation: Installation
    mailbox_id: int
    token: str
    name: str  # on the mail domain

    def post(self, content: bytes, *, fault: str = "") -> Ended:
        """A process that posts the mail to the secret address has ended; it printed status and id."""
        return self.installation.start_script(_POST % (self.token, content), fault=fault).wait()

    def sighting_ids(self) -> list[int]:
        """What the ledger has."""
        sql = "SELECT id FROM mailboxes_remotemessage WHERE mailbox_id = %s ORDER BY id"
        return [row_id for (row_id,) in self.installation.rows(sql, self.mailbox_id)]

    def assert_there_once(self, stored: bytes) -> None:
        """One sighting, one file with these bytes, one piece of work."""
        sql = "SELECT id, sha256, storage_key FROM mailboxes_rawmessage WHERE mailbox_id = %s"
        [(raw_id, sha256, key)] = self.installation.rows(sql, self.mailbox_id)
        assert sha256 == hashlib.sha256(stored).hexdigest()
        assert (self.installation.files / key).read_bytes() == stored
        assert len(self.sighting_ids()) == 1
        work = "SELECT count(*) FROM tenancy_workitem WHERE kind = 'process' AND row_id = %s"
        assert self.installation.rows(work, raw_id) == [(1,)]


def make_brought(installation: Installation) -> Brought:
    """A new mailbox of the installation that mail is brought to."""
    mailbox_id, token, name = installation.script(_MAKE % next(_numbers)).split()
    return Brought(installation, int(mailbox_id), token, name)
