"""Settings copied from one mailbox to others: what is copied, what never is, and what a kind cannot do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from helpdesk.accounts.models import AuditEntry, Category, Company, Team
from helpdesk.spam_daemon.values import Daemon, Kind
from helpdesk.tenancy.models import WorkItem, WorkKind
from helpdesk.tenancy.scope import organization_scope
from mailboxes.connectors.registry import traits_of
from mailboxes.models import AfterImportChoice, Connection, ConnectionKind, Mailbox, SecurityChoice, TicketPriority
from mailboxes.services.setup.copying import NEVER_COPIED, SETTINGS, copy_settings, plan_copy, settings_of
from mailboxes.services.setup.mailbox_inputs import ServerInput
from tests.factories.mailboxes import make_mailbox, make_push_mailbox

pytestmark = [pytest.mark.django_db, pytest.mark.both]
ALL = frozenset(setting.code for setting in SETTINGS)


@pytest.fixture
def actor(people: Any) -> Iterator[Any]:
    with organization_scope(people.admin.organization_id):
        yield people.admin


@pytest.fixture
def source(actor: Any) -> Mailbox:
    return make_mailbox(
        actor.organization,
        team=Team.objects.create(name="Repairs"),
        assignee=actor,
        category=Category.objects.create(name="Repairs", path="Repairs"),
        company=Company.objects.create(name="Bakery"),
        ticket_priority=TicketPriority.URGENT,
        poll_interval_s=600,
        after_import=AfterImportChoice.MOVE,
        after_import_folder="Done",
        max_message_bytes=10_000_000,
        answers_only=True,
        default_charset="windows-1252",
        has_plus_addresses=True,
        has_subject_token=True,
        is_real_time=True,
        from_name="Repairs of Fernhollow",
    )


def test_settings_are_copied_to_several_at_once_and_nothing_else_is(actor: Any, source: Mailbox) -> None:
    targets = [make_mailbox(actor.organization), make_mailbox(actor.organization)]
    before = [(box.name, box.address, box.from_name, box.connection_id, box.start_at) for box in targets]
    copy_settings(source, targets=targets, codes=ALL, actor=actor)
    names = [name for setting in SETTINGS for name in setting.fields]
    rows = list(Mailbox.objects.exclude(pk=source.pk).order_by("id"))
    for name in names:
        assert [getattr(row, name) for row in rows] == [getattr(source, name)] * 2
    assert [(box.name, box.address, box.from_name, box.connection_id, box.start_at) for box in rows] == before
    entries = AuditEntry.objects.filter(action="mailbox.settings_copied")
    assert {entry.target_id for entry in entries} == {str(box.pk) for box in targets}
    assert all(entry.changes["copied_from"] == [None, source.name] for entry in entries)
    assert entries[0].changes["poll_interval_s"] == [None, 600]


def test_every_field_of_a_mailbox_is_copied_or_said_never_to_be() -> None:
    copied = [name for setting in SETTINGS for name in setting.fields]
    fields = {field.name for field in Mailbox._meta.get_fields() if field.concrete}
    assert {*copied, *NEVER_COPIED} == fields
    assert len(copied) == len(set(copied) - NEVER_COPIED)


def test_a_team_that_was_lost_is_no_longer_told_of_where_another_is_copied(actor: Any, source: Mailbox) -> None:
    target = make_mailbox(actor.organization)
    Mailbox.objects.filter(pk=target.pk).update(lost_team="Orders")
    target.refresh_from_db()
    copy_settings(source, targets=[target], codes={"answers_only"}, actor=actor)
    assert Mailbox.objects.get(pk=target.pk).lost_team == "Orders"
    copy_settings(source, targets=[target], codes={"team"}, actor=actor)
    assert Mailbox.objects.get(pk=target.pk).lost_team == ""


def test_only_the_chosen_settings_are_copied(actor: Any, source: Mailbox) -> None:
    target = make_mailbox(actor.organization)
    copy_settings(source, targets=[target], codes={"answers_only"}, actor=actor)
    target.refresh_from_db()
    assert (target.answers_only, target.poll_interval_s, target.after_import) == (True, None, "leave")


def test_what_is_the_same_already_is_no_change(actor: Any, source: Mailbox) -> None:
    target = make_mailbox(actor.organization)
    copy_settings(source, targets=[target], codes=ALL, actor=actor)
    [plan] = plan_copy(source, targets=[target], codes=ALL)
    assert not plan.changes
    copy_settings(source, targets=[target], codes=ALL, actor=actor)
    assert AuditEntry.objects.filter(action="mailbox.settings_copied").count() == 1


def test_what_a_kind_cannot_do_is_left_out_and_said(actor: Any, source: Mailbox) -> None:
    incoming = ServerInput("pop.example.test", 995, SecurityChoice.TLS, "help", kind=ConnectionKind.POP3, password="w")
    pop3 = make_mailbox(actor.organization, incoming=incoming)
    brought, _token = make_push_mailbox(actor.organization)
    plans = copy_settings(source, targets=[pop3, brought], codes=ALL, actor=actor)
    refused = [{setting.code for setting, _why in plan.refused} for plan in plans]
    assert refused == [{"real_time", "after_import"}, {"poll_interval", "real_time", "after_import"}]
    pop3.refresh_from_db()
    assert (pop3.after_import, pop3.is_real_time, pop3.answers_only) == ("leave", False, True)
    assert not traits_of("pop3").has_idle


@pytest.mark.req("S4.35")
@pytest.mark.parametrize(
    ("public_url", "remote_user", "is_copied"),
    [("https://desk.example", "", True), ("", "", False), ("https://desk.example", "shared@fernhollow.example", False)],
    ids=["called", "nothing to call", "shared mailbox"],
)
def test_real_time_is_copied_to_a_mailbox_that_microsoft_can_tell_of_its_mail(
    actor: Any, source: Mailbox, settings: Any, public_url: str, remote_user: str, is_copied: object
) -> None:
    settings.PUBLIC_URL = public_url
    box = make_mailbox(actor.organization)
    Connection.objects.filter(pk=box.connection_id).update(kind=ConnectionKind.GRAPH)
    Mailbox.objects.filter(pk=box.pk).update(remote_user=remote_user)
    target = Mailbox.objects.select_related("connection").get(pk=box.pk)
    [plan] = copy_settings(source, targets=[target], codes={"real_time"}, actor=actor)
    assert bool(plan.refused) is not is_copied
    assert Mailbox.objects.get(pk=box.pk).is_real_time is is_copied
    assert WorkItem.objects.filter(kind=WorkKind.SUBSCRIBE, row_id=box.pk).exists() is is_copied


def test_mail_is_not_moved_to_the_folder_it_is_read_from(actor: Any, source: Mailbox) -> None:
    target = make_mailbox(actor.organization, folder="Done")
    [plan] = plan_copy(source, targets=[target], codes={"after_import"})
    assert [setting.code for setting, _why in plan.refused] == ["after_import"]


def test_a_mailbox_is_not_copied_to_itself(actor: Any, source: Mailbox) -> None:
    assert plan_copy(source, targets=[source], codes=ALL) == []


def test_the_switch_of_the_installations_filter_is_copied_where_there_is_one(actor: Any, settings: Any) -> None:
    def offered() -> bool:
        return "spam_daemon" in {setting.code for setting in settings_of(actor.organization)}

    assert not offered()
    settings.SPAM_DAEMON = Daemon(Kind.RSPAMD, "127.0.0.1", 9)
    assert offered()
