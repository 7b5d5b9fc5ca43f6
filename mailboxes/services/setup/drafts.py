"""A mailbox that is being set up: until `finish_draft` nothing of it is read, taken or sent.

What was entered stands in its own columns and servers, secrets sealed. `Mailbox.setup` holds what has no column:

    card          where the mailbox is hosted, as it was chosen (mailboxes.providers)
    entered       what was typed and is not complete yet, no secrets: the draft is a stub, without server and account.
                  Nothing: only the card was chosen, and the stub makes way for whatever is entered for its address
    run           the latest test of the settings as they stand (services.setup.testing)
    tested        "passed" or "skipped", for the settings as they stand
    test_is_due   true while nobody has started the test that follows a sign-in
    chose_import  true once it was said what becomes of mail that is there
    more          further addresses that become mailboxes with the same settings

Needs the organization's scope. What is refused is a DomainError, and nothing was changed then.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from helpdesk.accounts.models import Membership
from helpdesk.accounts.services import audit
from helpdesk.lib import clock
from helpdesk.lib.errors import DomainError
from helpdesk.tenancy import work
from helpdesk.tenancy.models import WorkKind
from mailboxes.models import AfterImportChoice, Connection, ConnectionKind, ExistingMail, Mailbox
from mailboxes.services.liveness.health import NEVER
from mailboxes.services.push.push_addresses import give_addresses
from mailboxes.services.setup.mailbox_checks import refuse_address
from mailboxes.services.setup.mailbox_inputs import MailboxInput
from mailboxes.services.setup.mailboxes import delete_mailbox, is_polled, resume_mailbox, update_mailbox

OF_TESTS = ("run", "tested", "test_is_due")  # what another account or server makes untrue
_IMPORT_FIELDS = ("existing_mail", "start_at", "after_import", "after_import_folder", "after_import_days")


class NoDraft(DomainError):
    """Somebody else finished or deleted it meanwhile."""

    code = "no_draft"

    def __init__(self, mailbox: Mailbox) -> None:
        super().__init__(_("%(name)s was finished or deleted meanwhile.") % {"name": mailbox.name})


@dataclass(frozen=True)
class Stub:
    """What is known of a mailbox whose connection is not complete."""

    card: str
    kind: ConnectionKind
    name: str
    address: str
    entered: Mapping[str, Any]  # by the names of the form's fields; no secrets


@dataclass(frozen=True)
class ImportChoice:
    """What becomes of mail that is there, and of mail that was imported."""

    existing_mail: ExistingMail
    start_at: datetime | None
    after_import: AfterImportChoice
    after_import_folder: str = ""
    after_import_days: int = 0


@transaction.atomic
def begin_draft(
    create: Callable[[], Mailbox],
    *,
    card: str,
    address: str = "",
    more: Sequence[str] = (),
    stub: Mailbox | None = None,
) -> Mailbox:
    """The draft that `create` makes is there, in place of the stub if there was one. Raises DomainError as it does.

    address: of the mailbox; a stub of it for which nothing was typed makes way as well.
    """
    for each in {found.pk: found for found in (stub, untouched_stub(address)) if found is not None}.values():
        _forget_stub(each)
    mailbox = create()
    note(mailbox, card=card, **({"more": list(more)} if more else {}))
    return mailbox


@transaction.atomic
def keep_stub(data: Stub, *, stub: Mailbox | None = None, actor: Membership | None = None) -> Mailbox:
    """What is known so far is kept, to be gone on with later. Raises DomainError: the address is none, or taken."""
    stub = untouched_stub(data.address) or stub
    refuse_address(data.address, folder="INBOX", mailbox=stub)
    mailbox = stub or Mailbox(connection=_no_server(data.kind), is_draft=True, is_enabled=False)
    mailbox.name, mailbox.address = data.name, data.address.strip().lower()
    mailbox.setup = {"card": data.card, "entered": dict(data.entered)}
    mailbox.save()
    if stub is None:
        audit.record("mailbox.begun", target=mailbox, actor=actor, changes={"address": (None, mailbox.address)})
        due_at = clock.now() + NEVER
        work.enqueue(WorkKind.POLL, organization_id=mailbox.organization_id, row_id=mailbox.id, due_at=due_at)
    elif mailbox.connection.kind != data.kind:
        Connection.objects.filter(pk=mailbox.connection_id).update(kind=data.kind)
        mailbox.connection.kind = data.kind
    return mailbox


@transaction.atomic
def begin_anew(draft: Mailbox, data: Stub, *, actor: Membership | None = None) -> Mailbox:
    """The draft is at another provider: what was entered for the one before is gone. Raises DomainError as `keep_stub`.

    A stub stays the same row.
    """
    if is_stub(draft):
        return keep_stub(data, stub=draft, actor=actor)
    delete_mailbox(draft, actor=actor)
    return keep_stub(data, actor=actor)


@transaction.atomic
def change_draft(
    mailbox: Mailbox, data: MailboxInput, *, more: Sequence[str] = (), actor: Membership | None = None
) -> None:
    """The draft is as `data` says, and is to be tested again. Raises DomainError as `update_mailbox`, and NoDraft."""
    note(mailbox, forget=(*OF_TESTS, "more"), **({"more": list(more)} if more else {}))
    update_mailbox(mailbox, data, actor=actor)


@transaction.atomic
def choose_import(mailbox: Mailbox, choice: ImportChoice, *, actor: Membership | None = None) -> None:
    """It is known what becomes of mail that is there. Raises NoDraft."""
    note(mailbox, chose_import=True)
    before = {name: getattr(mailbox, name) for name in _IMPORT_FIELDS}
    after = {name: getattr(choice, name) for name in _IMPORT_FIELDS}
    for name, value in after.items():
        setattr(mailbox, name, value)
    mailbox.save(update_fields=_IMPORT_FIELDS)
    changes = audit.differences(before, after=after)
    if changes:
        audit.record("mailbox.changed", target=mailbox, actor=actor, changes=changes)


def note(mailbox: Mailbox, *, forget: Sequence[str] = (), **known: Any) -> None:
    """The set-up of the draft knows this besides. Raises NoDraft."""
    with transaction.atomic():
        draft = _held(mailbox)
        mailbox.setup = {name: value for name, value in draft.setup.items() if name not in forget} | known
        Mailbox.objects.filter(pk=mailbox.pk).update(setup=mailbox.setup)


def forget_tests(mailbox: Mailbox) -> None:
    """What was tested of the draft before says nothing any more. Nothing happens to a mailbox that is finished."""
    with suppress(NoDraft):
        note(mailbox, forget=OF_TESTS)


def ask_for_test(mailbox: Mailbox) -> None:
    """Whoever comes to the third step of this draft first starts its test; a test from before says nothing any more.

    Nothing happens to a mailbox that is finished.
    """
    with suppress(NoDraft):
        note(mailbox, forget=OF_TESTS, test_is_due=True)


@transaction.atomic
def take_due_test(mailbox: Mailbox) -> bool:
    """True for one caller alone, who starts the test that was asked for. Raises NoDraft."""
    if not mailbox.setup.get("test_is_due"):
        return False
    draft = _held(mailbox)
    is_due = bool(draft.setup.get("test_is_due"))
    note(mailbox, forget=("test_is_due",))
    return is_due


@transaction.atomic
def finish_draft(mailbox: Mailbox, *, starts: bool, actor: Membership | None = None) -> str:
    """The mailbox is one from now on, and works if it `starts`.

    Gives the token of its secret address where mail is brought to it, which is stored nowhere; else "". Raises NoDraft.
    """
    drafts = Mailbox.objects.filter(pk=mailbox.pk, is_draft=True, deleted_at=None)
    if not drafts.update(is_draft=False, setup={}):
        raise NoDraft(mailbox)
    mailbox.is_draft, mailbox.setup = False, {}
    audit.record("mailbox.finished", target=mailbox, actor=actor, changes={"is_enabled": (None, starts)})
    token = "" if is_polled(mailbox) else give_addresses(mailbox)
    if starts:
        resume_mailbox(mailbox, actor=actor)
    return token


def is_stub(mailbox: Mailbox) -> bool:
    """True for a draft that has neither server nor account yet."""
    return mailbox.is_draft and "entered" in mailbox.setup


def is_untouched(mailbox: Mailbox) -> bool:
    """True for a stub of which no more is known than its address and where it is hosted."""
    return is_stub(mailbox) and not mailbox.setup["entered"]


def draft_of(address: str) -> Mailbox | None:
    """The draft with this address, whatever case it is written in."""
    drafts = Mailbox.objects.select_related("connection").filter(is_draft=True, deleted_at=None)
    found: Mailbox | None = drafts.filter(address=address.strip().lower()).first()
    return found


def untouched_stub(address: str) -> Mailbox | None:
    """The stub with this address, if nothing was typed for it."""
    found = draft_of(address)
    return found if found is not None and is_untouched(found) else None


def _held(mailbox: Mailbox) -> Mailbox:
    """The draft as it stands, which nobody else changes before the transaction ends. Raises NoDraft."""
    drafts = Mailbox.objects.select_for_update().filter(is_draft=True, deleted_at=None)
    held: Mailbox | None = drafts.filter(pk=mailbox.pk).first()
    if held is None:
        raise NoDraft(mailbox)
    return held


def _no_server(kind: ConnectionKind) -> Connection:
    connection: Connection = Connection.objects.create(kind=kind, host="", username="")
    return connection


def _forget_stub(stub: Mailbox) -> None:
    """The row is gone: nothing was ever read into it."""
    found = Mailbox.objects.select_for_update().filter(pk=stub.pk, is_draft=True, deleted_at=None).first()
    if found is None or not is_stub(found):
        raise NoDraft(stub)
    work.withdraw(WorkKind.POLL, organization_id=stub.organization_id, row_id=stub.pk)
    Mailbox.objects.filter(pk=stub.pk).delete()
    Connection.objects.filter(pk=stub.connection_id).delete()
