"""Workers are killed while they prune sources of mail, and while they let in all that matches in the log.

The next one goes on: nothing is lost or done twice, and what the pages say was done is what was done.
"""

from __future__ import annotations

import pytest

from tests.faults.harness import LEASE_S, SLUG, Ended, Installation, in_turn_or_alone

pytestmark = [pytest.mark.servers, pytest.mark.both]
_WITHIN = f"""
from datetime import timedelta
from helpdesk.accounts.models import Organization
from helpdesk.lib import clock, files
from helpdesk.tenancy import drains, work
from helpdesk.tenancy.models import WorkItem, WorkKind
from helpdesk.tenancy.scope import organization_scope
from django.db import transaction
from mailboxes.models import Mailbox, Outcome, RawMessage, RemoteMessage
from tests.factories.outgoing import make_mailbox
from tests.factories.incoming import make_mail, process_due, store
from ticketing.services import log_batches, retention
organization = Organization.objects.get(slug={SLUG!r})
retention.BATCH = log_batches.BATCH = 4
"""
_OLD_MAIL = """
with organization_scope(organization.pk):
    mailbox = make_mailbox(address=f"old{clock.now().timestamp()}@fernhollow.test")
    raws = [store(mailbox, make_mail(subject=f"Old {n}")) for n in range(10)]
    process_due()
    long_ago = clock.now() - timedelta(days=91)
    RawMessage.objects.filter(mailbox=mailbox).exclude(pk=raws[0].pk).update(processed_at=long_ago)
print(mailbox.pk)
"""
_HELD_MAIL = """
from helpdesk.accounts.models import Role
from tests.factories.held import hold
from tests.factories.people import make_member
actor = make_member(organization, email=f"{clock.now().timestamp()}@fernhollow.test", role=Role.ADMIN)
with organization_scope(organization.pk), transaction.atomic():
    mailbox = make_mailbox(address=f"held{clock.now().timestamp()}@fernhollow.test")
    for n in range(10):
        hold(mailbox, subject=f"Held {n}")
    batch = log_batches.start_batch(
        what="release", wanted={"outcome": "held", "mailbox": str(mailbox.pk)}, actor=actor
    )
print(mailbox.pk, batch.pk)
"""


def drain(installation: Installation, kind: str, *, turn: int = 0, fault: str = "") -> Ended:
    """A worker does what is due of this kind, once what the last one held is free again."""
    code = f"""{_WITHIN}
with clock.held_at(clock.now() + timedelta(seconds={turn * (LEASE_S + 600)})):
    if WorkKind.{kind} == WorkKind.PRUNE:
        work.enqueue_standing(WorkKind.PRUNE)
        due = WorkItem.objects.filter(kind=WorkKind.PRUNE, organization=organization)
        due.update(due_at=clock.now(), set_at=clock.now(), leased_until=None)
    drains.drain_now(WorkKind.{kind}, budget_s=60)
"""
    return installation.start_script(code, fault=fault).wait()


@in_turn_or_alone(["retention.pruned:kill", "retention.committed:kill", "retention.pruned:kill:2"])
def test_pruning_that_is_killed_forgets_each_source_once_and_says_how_many(
    installation: Installation, kills: list[str]
) -> None:
    counted = "SELECT coalesce(sum(total_count), 0) FROM ticketing_retention"
    ((before,),) = installation.rows(counted)
    mailbox_id = int(installation.script(_WITHIN + _OLD_MAIL))
    for turn, fault in enumerate(kills):
        assert drain(installation, "PRUNE", turn=turn, fault=fault).was_killed
    assert drain(installation, "PRUNE", turn=len(kills)).code == 0
    kept = installation.rows(
        "SELECT storage_key FROM mailboxes_rawmessage WHERE mailbox_id = %s AND storage_key != ''", mailbox_id
    )
    assert [(installation.files / key).exists() for (key,) in kept] == [True]
    assert installation.rows(counted) == [(before + 9,)]
    attached = installation.rows(
        "SELECT count(*) FROM ticketing_message m JOIN mailboxes_rawmessage r ON r.id = m.raw_id"
        " WHERE r.mailbox_id = %s",
        mailbox_id,
    )
    assert attached == [(10,)]


@pytest.mark.req("F52")
@in_turn_or_alone(["logbatch.acted:kill:2", "logbatch.committed:kill"])
def test_all_that_matches_is_let_in_once_by_whoever_goes_on(installation: Installation, kills: list[str]) -> None:
    mailbox_id, batch_id = map(int, installation.script(_WITHIN + _HELD_MAIL).split())
    for turn, fault in enumerate(kills):
        assert drain(installation, "LOG_BATCH", turn=turn, fault=fault).was_killed
    assert drain(installation, "LOG_BATCH", turn=len(kills)).code == 0
    assert drain(installation, "PROCESS", turn=len(kills)).code == 0
    said = installation.rows("SELECT state, total, done, kept FROM ticketing_logbatch WHERE id = %s", batch_id)
    assert said == [("done", 10, 10, 0)]
    orders = installation.rows(
        "SELECT count(*) FROM ticketing_mailorder o JOIN mailboxes_rawmessage r ON r.id = o.raw_id"
        " WHERE r.mailbox_id = %s",
        mailbox_id,
    )
    audited = installation.rows(
        "SELECT count(DISTINCT target_id), count(*) FROM accounts_auditentry WHERE action = 'mail.released'"
        " AND target_id IN (SELECT CAST(id AS varchar(64)) FROM mailboxes_remotemessage WHERE mailbox_id = %s)",
        mailbox_id,
    )
    outcomes = installation.rows(
        "SELECT outcome, count(*), count(DISTINCT ticket_id) FROM mailboxes_remotemessage WHERE mailbox_id = %s"
        " GROUP BY outcome",
        mailbox_id,
    )
    assert (orders, audited, outcomes) == ([(10,)], [(10, 10)], [("created", 10, 10)])
