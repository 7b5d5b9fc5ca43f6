"""A backlog of stored mails for workers to process, and what must have become of it."""

from __future__ import annotations

from tests.faults.harness import Installation, Running

MAILS = 200
STORE = """
from helpdesk.accounts.models import Organization
from helpdesk.tenancy.scope import organization_scope
from tests.factories.incoming import make_mail, store
from tests.factories.outgoing import make_mailbox

with organization_scope(Organization.objects.get(slug="fernhollow").id):
    mailbox = make_mailbox(address="{name}@fernhollow.test")
    for n in range({mails}):
        files = [("same.pdf", b"same in {name}"), (f"own{{n}}.pdf", b"{name} %d" % n)] if n % 4 == 0 else []
        answers = f"{name}.{{n - 1}}@x.test" if n % 5 == 4 else ""
        sender = f"Person <{name}.{{n // 5}}@customer.test>"
        mail = make_mail(message_id=f"{name}.{{n}}@x.test", sender=sender, answers=answers, files=files)
        store(mailbox, mail)
    print(mailbox.id)
"""
PROCESS = """
from helpdesk.accounts.models import Organization
from helpdesk.lib import clock
from helpdesk.tenancy import drains
from helpdesk.tenancy.models import WorkItem, WorkKind
from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import RawMessage

with organization_scope(Organization.objects.get(slug="fernhollow").id):
    row_ids = list(RawMessage.objects.filter(mailbox_id={mailbox_id}).values_list("id", flat=True))
for _ in range(100):
    drains.drain_now(WorkKind.PROCESS, budget_s=60, row_ids=row_ids)
    if not WorkItem.objects.filter(kind=WorkKind.PROCESS, row_id__in=row_ids).exists():
        break
    clock.pause(0.1)  # what a dead worker held is free when its lease runs out
"""
NUMBERS_IN_ORDER = """
SELECT t.number FROM ticketing_ticket t JOIN ticketing_ticketevent e ON e.ticket_id = t.id
WHERE e.kind = 'ticket_opened' ORDER BY e.position
"""


def store_backlog(installation: Installation, name: str, *, mails: int = MAILS) -> int:
    """So many mails wait in a new mailbox, every fifth of them an answer to the one before; gives its id."""
    return int(installation.script(STORE.format(name=name, mails=mails)))


def start_processing(installation: Installation, mailbox_id: int, *, fault: str = "") -> Running:
    """A worker processes what waits in this mailbox, until nothing is left of it."""
    return installation.start_script(PROCESS.format(mailbox_id=mailbox_id), fault=fault)


def assert_processed_once(installation: Installation, mailbox_id: int, *, mails: int = MAILS) -> None:
    """Every mail has its verdict and one message, every answer its ticket, every ticket the next number."""
    outcomes = installation.rows(
        "SELECT outcome, count(*) FROM mailboxes_remotemessage WHERE mailbox_id = %s GROUP BY outcome", mailbox_id
    )
    assert dict(outcomes) == {"created": mails - mails // 5, "added": mails // 5}
    messages = installation.rows(
        "SELECT count(*), count(DISTINCT m.raw_id), count(DISTINCT m.ticket_id) FROM ticketing_message m"
        " JOIN mailboxes_rawmessage r ON r.id = m.raw_id WHERE r.mailbox_id = %s",
        mailbox_id,
    )
    assert messages == [(mails, mails, mails - mails // 5)]
    for table, column in (
        ("ticketing_ticket", "number"),
        ("ticketing_ticketevent", "position"),
        ("ticketing_contactaddress", "address"),
        ("ticketing_blob", "sha256"),
        ("ticketing_searchdocument", "message_id"),
    ):
        ((rows, different),) = installation.rows(f"SELECT count(*), count(DISTINCT {column}) FROM {table}")
        assert rows == different, table
    numbers = [number for (number,) in installation.rows(NUMBERS_IN_ORDER)]
    assert numbers == sorted(set(numbers))


def assert_files_are_there(installation: Installation) -> None:
    """Every content that a row points to is in storage."""
    keys = [key for (key,) in installation.rows("SELECT storage_key FROM ticketing_blob")]
    assert [key for key in keys if not (installation.files / key).is_file()] == []
