"""People take mails back while a worker is at them: each mail is either taken back or sent, never both."""

from __future__ import annotations

import json
from itertools import count

import pytest

from tests.faults.harness import SLUG, Installation
from tests.faults.sending import queue_batch
from tests.servers.smtp import SmtpServer

pytestmark = [pytest.mark.servers, pytest.mark.both]
_numbers = count(1)
MAILS = 40
# All are due at once and may be taken back at any moment: the worker and the people meet at every step.
_TAKE_BACK = """
import json
from datetime import timedelta
from helpdesk.accounts.models import Organization
from helpdesk.lib import clock
from helpdesk.lib.errors import DomainError
from helpdesk.tenancy.scope import organization_scope
from django.db import transaction
from mailboxes.models import OutboxMessage
from mailboxes.services.sending.outbox import withdraw
taken = []
organization_id = Organization.objects.get(slug={slug!r}).id
moment = clock.now() - timedelta(hours=1)
for row_id in range({last}, {first} - 1, -1):
    try:
        with clock.held_at(moment), organization_scope(organization_id), transaction.atomic():
            withdraw(OutboxMessage.objects.get(id=row_id))
        taken.append(row_id)
    except DomainError:
        pass
    clock.pause(0.02)
print(json.dumps(taken))
"""


def test_each_mail_is_taken_back_or_sent(installation: Installation, smtp_server: SmtpServer) -> None:
    batch = queue_batch(installation, smtp_server, domain=f"undo{next(_numbers)}.test", number=MAILS, each=1)
    worker = installation.start("deliver_outbox")
    code = _TAKE_BACK.format(slug=SLUG, first=batch.first_id, last=batch.last_id)
    taken = json.loads(installation.script(code))
    assert worker.wait().code == 0
    states = batch.states(installation)
    assert (states["cancelled"], states["sent"]) == (len(taken), MAILS - len(taken))
    assert batch.arrivals(smtp_server).total() == MAILS - len(taken)
    assert len(taken) not in (0, MAILS)  # both happened, so that they did meet
