"""The worker dies while a mail that calls for an acknowledgement is recorded, or while that goes into the outbox."""

from __future__ import annotations

from itertools import count

import pytest

from tests.faults.harness import SLUG, Installation

pytestmark = [pytest.mark.servers, pytest.mark.both, pytest.mark.req("S5.68", "F85")]
_numbers = count(1)
IN_SCOPE = """
from helpdesk.accounts.models import Organization
from helpdesk.lib import clock
from helpdesk.tenancy import drains
from helpdesk.tenancy.models import WorkItem, WorkKind
from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import RawMessage
from tests.factories.incoming import make_mail, store
from tests.factories.outgoing import make_mailbox, make_outgoing_server
from ticketing.services.answer_policy import PolicyInput, set_answer_policy
scope = organization_scope(Organization.objects.get(slug={slug!r}).id)
"""
STORE = """
with scope:
    mailbox = make_mailbox(make_outgoing_server(), address="{name}@fernhollow.test")
    set_answer_policy(mailbox, PolicyInput(acknowledges=True, tells_not_worked=None), version=0)
    store(mailbox, make_mail(sender="{name}@customer.test"))
"""
WORK = """
with scope:
    row_ids = list(RawMessage.objects.filter(mailbox__address="{name}@fernhollow.test").values_list("id", flat=True))
for kind in (WorkKind.PROCESS, WorkKind.ANSWER):
    for _ in range(100):
        drains.drain_now(kind, budget_s=60, row_ids=row_ids)
        if not WorkItem.objects.filter(kind=kind, row_id__in=row_ids).exists():
            break
        clock.pause(0.1)  # what a dead worker held is free when its lease runs out
"""


@pytest.mark.parametrize("fault", ["intake.written:kill", "queue.written:kill", "answer.written:kill"])
def test_a_mail_is_acknowledged_once_whenever_its_worker_dies(installation: Installation, fault: str) -> None:
    name = f"acknowledged{next(_numbers)}"
    store, work = ((IN_SCOPE + code).format(slug=SLUG, name=name) for code in (STORE, WORK))
    installation.script(store)
    assert installation.start_script(work, fault=fault).wait().was_killed
    sent = "SELECT outbox_id FROM mailboxes_outboxrecipient WHERE address = %s"
    assert installation.rows(sent, f"{name}@customer.test") == []
    installation.script(work)
    installation.script(work)
    [(outbox_id,)] = installation.rows(sent, f"{name}@customer.test")
    answers = "SELECT state FROM ticketing_automaticanswer WHERE outbox_id = %s"
    messages = "SELECT count(*) FROM ticketing_message WHERE outbox_id = %s"
    assert (installation.rows(answers, outbox_id), installation.rows(messages, outbox_id)) == ([("queued",)], [(1,)])
