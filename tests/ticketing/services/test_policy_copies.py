"""Policies given from one mailbox to others: nothing that a mailbox can have is forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.urls import reverse

from helpdesk.accounts.models import AuditEntry
from helpdesk.lib import clock
from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import Mailbox
from mailboxes.policy_copies import policies
from mailboxes.services.setup import copying
from mailboxes.services.setup.copying import copy_settings, plan_copy
from tests.factories.mailboxes import make_mailbox
from tests.factories.tickets import make_contact
from ticketing.models import AnswerPolicy, AnswerText, FilterEntry, GroupRight, MailFilter, MailMapping, WriterPolicy
from ticketing.models.contact_group import ContactGroup
from ticketing.models.fields import TicketField
from ticketing.models.ticket import Tag
from ticketing.services import policy_copies
from ticketing.services.policy_copies import POLICIES

CODES = frozenset(policy.code for policy in POLICIES)


@pytest.fixture
def actor(people: Any) -> Iterator[Any]:
    with organization_scope(people.admin.organization_id):
        yield people.admin


@pytest.fixture
def source(actor: Any) -> Mailbox:
    """With something of its own in every column of every policy."""
    box = make_mailbox(actor.organization, name="Repairs")
    TicketField.objects.create(key="order", label="Order", kind="text")
    copy = {"when": "new", "source": "subject", "header": "", "field": "order", "how": "replace"}
    MailMapping.objects.create(
        mailbox=box,
        tags=[Tag.objects.create(name="repair").pk],
        fields={"order": "none"},
        copies=[copy],
        requester="reply_to",
        unwraps_lists=False,
        unwraps_forwards=False,
        most_prefixes=2,
        kept_files="inline",
        refused_endings=["exe"],
        refused_types=["video/*"],
        refuses_programs=True,
        max_file_bytes=1000,
        reads_commands=True,
        command_heading="Angaben",
        command_language="de",
        command_how="append",
        command_clears=True,
        troubles={"bad_value": {"then": "mail", "address": "ops@elsewhere.test", "text": "Look."}},
    )
    WriterPolicy.objects.create(
        mailbox=box,
        openers="listed",
        lets_contacts=False,
        lets_groups=True,
        domains=["customer.test"],
        opening_strangers="guest",
        opening_refused="answer",
        updaters="people",
        updating_strangers="guest",
        updating_refused="discard",
        guest=make_contact(""),
        proof="where_told",
        servers=["mx.fernhollow.test"],
        forward_to="ops@elsewhere.test",
        forward_text="Look.",
        forward_files=False,
    )
    AnswerPolicy.objects.create(mailbox=box, acknowledges=True, tells_not_worked=False, tells_too_large=True)
    AnswerText.objects.create(mailbox=box, kind="acknowledgement", language="de", subject="Da", html="<p>Danke</p>")
    FilterEntry.objects.create(
        mail_filter=MailFilter.objects.create(mailbox=box, mode="ignore"), kind="header", value="yes", header="X-Junk"
    )
    group = ContactGroup.objects.create(name="Partners", created_at=clock.now())
    GroupRight.objects.create(group=group, mailbox=box, may_open=True, may_update=True, fields=["team"])
    return box


def test_every_table_that_names_a_mailbox_is_copied_or_said_never_to_be() -> None:
    naming = {
        model.__name__
        for model in apps.get_models()
        if any(field.related_model is Mailbox and field.concrete for field in model._meta.get_fields())
    }
    lists = (policy_copies.COPIED_ROWS, policy_copies.ROWS_NEVER_COPIED, copying.ROWS_NEVER_COPIED)
    assert naming == frozenset().union(*lists)
    assert len(naming) == sum(map(len, lists))


@pytest.mark.django_db
@pytest.mark.both
@pytest.mark.req("S4.35")
def test_every_column_of_every_policy_is_copied(actor: Any, source: Mailbox) -> None:
    target = make_mailbox(actor.organization, name="Orders")
    usual = _rows(target)
    AnswerText.objects.create(mailbox=target, kind="refused", subject="No", html="<p>No</p>")  # the source has none
    [plan] = plan_copy(source, targets=[target], codes=CODES)
    assert [change.policy.code for change in plan.policies] == [policy.code for policy in POLICIES]
    copy_settings(source, targets=[target], codes=CODES, actor=actor)
    given = _rows(source)
    assert _rows(target) == given
    assert [name for name, value in given.items() if value == usual.get(name)] == ["WriterPolicy.follows"]
    assert not plan_copy(source, targets=[target], codes=CODES)[0].has_changes
    told = {"mapping.changed", "writers.changed", "answers.changed", "answers.text_changed", "answers.text_removed"}
    assert set(AuditEntry.objects.values_list("action", flat=True)) >= told | {"filter.changed"}


@pytest.mark.django_db
def test_a_mailbox_that_says_nothing_makes_others_say_nothing(actor: Any, source: Mailbox) -> None:
    plain = make_mailbox(actor.organization)
    copy_settings(plain, targets=[source], codes=CODES, actor=actor)
    assert all(policy.load([source, plain])[source.pk] == policy.load([plain])[plain.pk] for policy in policies())
    assert not GroupRight.objects.exists()


@pytest.mark.django_db
@pytest.mark.req("S4.35")
def test_the_page_shows_what_changes_and_what_cannot_be_copied(
    client: Any, people: Any, actor: Any, source: Mailbox
) -> None:
    target = make_mailbox(actor.organization, name="Orders")
    client.force_login(people.admin.user)
    url = reverse("copy_mailbox_settings", kwargs={"slug": actor.organization.slug})
    asked = {"source": source.pk, "target": target.pk, "setting": list(CODES)}
    page = client.post(url, asked | {"preview": "1"}).content.decode()
    assert "Only these; answers: Only people on the ticket" in page
    assert "1 tag, 1 value, 1 copy, commands are read" in page
    WriterPolicy.objects.filter(mailbox=source).update(forward_to=target.address)
    refused = client.post(url, asked)
    assert (refused.status_code, "Nothing was copied: " in refused.content.decode()) == (422, True)
    assert not MailMapping.objects.filter(mailbox=target).exists()


def _rows(box: Mailbox) -> dict[str, Any]:
    """Every column of the mailbox's rows, but for whose they are."""
    found = {}
    for model in (MailMapping, WriterPolicy, AnswerPolicy, AnswerText, MailFilter, GroupRight):
        row = model.objects.filter(mailbox=box).first() or model(mailbox=box)
        for field in model._meta.concrete_fields:
            if field.name not in ("id", "organization", "mailbox", "version"):
                found[f"{model.__name__}.{field.name}"] = getattr(row, field.attname)
    entries = FilterEntry.objects.filter(mail_filter__mailbox=box)
    return found | {"entries": list(entries.values_list("kind", "value", "header"))}
