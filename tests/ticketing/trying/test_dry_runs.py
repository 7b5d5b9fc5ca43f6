"""A dry run of a mailbox: what its newest mails would become, held against what they then become."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps

from helpdesk.accounts.models import Category, Company, Organization, Team
from helpdesk.lib import clock
from helpdesk.spam_daemon.values import Kind
from helpdesk.tenancy import drains
from helpdesk.tenancy.models import TenantModel, WorkItem, WorkKind
from mailboxes.models import Mailbox, RemoteMessage
from tests.factories.incoming import make_mail, receive, store
from tests.factories.outgoing import make_mailbox, make_outgoing_server
from tests.fakes.spam_daemon import SPAM, FakeSpamDaemon
from tests.ticketing.answering.answering import switch_on
from ticketing.dry_run_words import as_entry, line_views
from ticketing.fields.commands import Trouble
from ticketing.inbound import asked_runs
from ticketing.inbound.rules.written import Action, Condition, Group
from ticketing.models import (
    AnswerState,
    AutomaticAnswer,
    Contact,
    DryRun,
    EntryKind,
    FieldKind,
    FilterMode,
    NeededProof,
    Openers,
    Refused,
    Tag,
    Ticket,
    TicketField,
    Updaters,
)
from ticketing.models.mapping import How, Moment, Source, ThenDo
from ticketing.models.rules import Act, Compare, Look
from ticketing.services.dry_runs.starting import start_dry_run
from ticketing.services.filter_entries import tidy_entry
from ticketing.services.filters import FilterInput, save_filter
from ticketing.services.mail_mapping import CopyInput, MappingInput, TroubleInput, set_mapping
from ticketing.services.rules.saving import RuleInput, create_rule
from ticketing.services.writer_policies import WriterInput, save_writers
from ticketing.steps.looked_at import saw

pytestmark = [pytest.mark.django_db]
VACATION = [("Auto-Submitted", "auto-replied"), ("Subject-Note", "away")]


@pytest.fixture(autouse=True)
def files_of_this_test(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path / "files"


@pytest.fixture
def support(in_fernhollow: Any) -> Mailbox:
    """A mailbox with a team, a filter and a rule."""
    team = Team.objects.create(name="Repairs")
    mailbox = make_mailbox(address="support@fernhollow.test", team=team)
    save_filter(mailbox, FilterInput(FilterMode.IGNORE, (tidy_entry(EntryKind.DOMAIN, "adverts.test"),)))
    condition = Condition(Look.SUBJECT, Compare.CONTAINS, ("stove",))
    actions = (Action(Act.PRIORITY, "urgent"), Action(Act.ADD_TAG, "heat"))
    create_rule(RuleInput("Stoves", Group(parts=(condition,)), actions))
    return mailbox


def varied() -> list[bytes]:
    """Mails of many kinds, some about others among them."""
    question = make_mail(subject="Stove is cold", message_id="q1@customer.test", files=[("stove.txt", b"cold")])
    return [
        question,
        make_mail(subject="Re: Stove is cold", answers="q1@customer.test", text="Still cold.\n"),
        make_mail(subject="Re: lamp", answers="lamp@customer.test"),
        question,
        make_mail(sender="Ads <news@adverts.test>", subject="Buy"),
        make_mail(sender="Bo <bo@customer.test>", subject="Away", headers=VACATION),
        make_mail(sender="List <list@lists.test>", headers=[("List-Id", "<a.lists.test>"), ("Precedence", "bulk")]),
        make_mail(sender="Carl <carl@customer.test>", headers=[("X-Spam-Flag", "YES")]),
        make_mail(sender="support@fernhollow.test", subject="Our own"),
        make_mail(sender="Dora <dora@new.test>", subject="My stove", message_id=None),
        make_mail(sender="Dora <dora@new.test>", subject="One more thing"),
        b"no mail at all\x00\xff",
    ]


def tried(mailbox: Mailbox, actor: Any) -> list[dict[str, Any]]:
    """What a dry run of the mailbox finds."""
    start_dry_run(mailbox, wanted=100, actor=actor)
    assert drains.drain_now(WorkKind.DRY_RUN, budget_s=60) == 1
    run = DryRun.objects.get()
    assert (run.read, run.total, run.unread, run.ended_at is None) == (len(run.lines), run.total, 0, False)
    return list(run.lines)


SHOWN = ("status", "priority", "requester", "team", "assignee", "category", "company", "tags", "fields")


def say(line: dict[str, Any]) -> dict[str, Any]:
    """What a line of a dry run says, but for what tells the tickets of a run apart."""
    ticket = line.get("ticket") or {}
    return {
        "verdict": (line["subject"], line["outcome"], line["reason"], without_number(line["data"]), line["trace"]),
        "ticket": [ticket.get(name) for name in SHOWN],
        "answers": [(each["cause"], each["goes"], each["reason"]) for each in line["answers"]],
    }


def really(sighting: RemoteMessage) -> dict[str, Any]:
    """The same of what was done."""
    joined = Ticket.objects.select_related("team", "assignee__user", "category", "company")
    ticket = joined.filter(pk=sighting.ticket_id).first()
    answers = AutomaticAnswer.objects.filter(raw_id=sighting.raw_id).order_by("id")
    return {
        "verdict": (
            sighting.subject,
            sighting.outcome,
            sighting.reason_code,
            without_number(sighting.reason_data),
            sighting.trace,
        ),
        "ticket": stands(ticket) if ticket else [None] * len(SHOWN),
        "answers": [(each.cause, each.state == AnswerState.DUE, each.reason_code) for each in answers],
    }


def without_number(data: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in data.items() if name != "ticket"}


def stands(ticket: Ticket) -> list[Any]:
    tags = Tag.objects.filter(taggings__ticket=ticket).order_by("name").values_list("name", flat=True)
    known = {field.key: field for field in TicketField.objects.filter(is_active=True)}
    texts = [ticket.team, ticket.assignee, ticket.category and ticket.category.path, ticket.company]
    return [
        ticket.status,
        ticket.priority,
        ticket.requester_name,
        *(str(text or "") for text in texts),
        list(tags),
        [[field.label, field.kind, ticket.fields[key]] for key, field in known.items() if key in ticket.fields],
    ]


def everything() -> dict[str, int]:
    """How many rows there are of each kind, but for dry runs."""
    models = [model for model in apps.get_models() if issubclass(model, TenantModel) and model is not DryRun]
    return {model._meta.label: model.objects.count() for model in models} | {"work": WorkItem.objects.count()}


@pytest.mark.both
def test_a_dry_run_tells_what_the_real_run_then_makes_of_the_same_mails(support: Mailbox, people: Any) -> None:
    (lamp,) = receive(support, make_mail(subject="lamp", message_id="lamp@customer.test"))
    mails = [store(support, content) for content in varied()]
    before = everything()
    lines = tried(support, people.admin)[1:]
    assert everything() == before

    real = [decided(raw.pk) for raw in mails]
    assert [say(line) for line in lines] == real
    assert {line["outcome"] for line in lines} >= {"created", "added", "duplicate", "ignored", "spam"}
    assert [line["ticket"]["opened_by"] for line in lines if line["outcome"] == "added"] == [1, 0]

    assert [
        say(line) for line in tried(support, people.admin)[1:]
    ] == real  # that they are here by now counts for nothing
    assert Ticket.objects.get(pk=lamp.ticket_id).message_count == 2


@pytest.fixture
def everything_set(support: Mailbox, people: Any) -> Mailbox:
    """The same mailbox, with all else that decides: who may write, mapping, commands, answers, spam, another filter."""
    Organization.objects.update(serves_companies=True)
    category = Category.objects.create(name="Heating", path="Heating")
    company = Company.objects.create(name="Customer Ltd")
    Contact.objects.create(name="Zoe", company=company, created_at=clock.now()).addresses.create(
        address="zoe@customer.test", created_at=clock.now()
    )
    Mailbox.objects.filter(pk=support.pk).update(
        category=category, ticket_priority="low", outgoing=make_outgoing_server(), trusts_feedback_id=False
    )
    TicketField.objects.create(key="order", label="Order", kind=FieldKind.TEXT)
    copy = CopyInput(Moment.NEW, Source.HEADER, "order", How.REPLACE, header="X-Order")
    set_mapping(support, MappingInput(tags=["mailed"], copies=[copy], reads_commands=True))
    save_writers(
        support,
        WriterInput(
            openers=Openers.LISTED,
            domains=("customer.test", "new.test", "lists.test"),
            updaters=Updaters.PEOPLE,
            updating_refused=Refused.DISCARD,
            proof=NeededProof.WHERE_TOLD,
        ),
    )
    save_filter(None, FilterInput(FilterMode.IGNORE, (tidy_entry(EntryKind.WORDS, "lottery"),)))
    turn = Action(Act.ASSIGN_TURN, str(support.team_id))
    support.team.members.add(people.agent, through_defaults={"organization_id": support.organization_id})
    create_rule(RuleInput("In turn", Group(parts=(Condition(Look.SUBJECT, Compare.CONTAINS, ("lamp",)),)), (turn,)))
    switch_on()
    return support


def more(people: Any) -> list[bytes]:
    """Mails that the rest of the settings decide about."""
    commands = "Mend it.\n\n--- Ticket details [en] ---\nPriority: high\nOrder: 77\nColour: red\n---\n"
    quoting = "Yes.\n\nOn Mon, 1 Jun 2026 at 10:00, Support <support@fernhollow.test> wrote:\n> Cold?\n"
    return [
        make_mail(sender="Zoe <zoe@customer.test>", subject="Our lamp", headers=[("X-Order", "41")]),
        make_mail(sender="Eve <eve@elsewhere.test>", subject="Who may write?"),
        make_mail(
            sender="Eve <eve@elsewhere.test>", answers="q1@customer.test", headers=[("Cc", "anna@customer.test")]
        ),
        make_mail(sender=people.agent.user.email, subject="From one of us", text=commands),
        make_mail(sender="Gus <gus@new.test>", subject="You won the lottery"),
        make_mail(sender="Hal <hal@new.test>", subject="Mailing", headers=[("Feedback-ID", "a:b")]),
        make_mail(subject="Re: Stove is cold", answers="q1@customer.test", text=quoting, headers=[("X-Order", "9")]),
        make_mail(sender="MAILER-DAEMON@x.test", subject="Undelivered Mail Returned to Sender"),
    ]


def test_a_dry_run_tells_the_same_where_everything_is_set(everything_set: Mailbox, people: Any) -> None:
    receive(everything_set, make_mail(subject="lamp", message_id="lamp@customer.test"))
    mails = [store(everything_set, content) for content in (*varied(), *more(people))]
    lines = tried(everything_set, people.admin)[1:]
    real = [decided(raw.pk) for raw in mails]
    assert [say(line) for line in lines] == real
    reasons = {line["reason"] for line in lines}
    assert reasons >= {"new_mail", "answer", "may_not_open", "may_not_update", "filtered", "spam_header", "vacation"}
    found = [line["ticket"]["fields"] for line in lines if line.get("ticket")]
    assert [["Order", "text", "41"]] in found
    assert [["Order", "text", "77"]] in found


def test_the_words_of_its_lines_ask_the_database_nothing(support: Mailbox, django_assert_num_queries: Any) -> None:
    line = {"at": clock.now().isoformat(), "sender": "a@x.test", "subject": "", "outcome": "ignored", "data": {}}
    reasons = ["answers_only", "too_large", "spam_header", "may_not_open", "filtered", "history", "duplicate"]
    with django_assert_num_queries(0):
        shown = line_views(
            enumerate((line | {"reason": reason} for reason in reasons), start=1),
            organization=Organization(slug="fernhollow"),
            mailbox=support,
        )
    assert [bool(each.setting) for each in shown] == [True] * len(reasons)


def test_an_old_mail_is_answered_in_a_dry_run_as_if_it_came_now(support: Mailbox, people: Any) -> None:
    switch_on()
    store(support, make_mail(), received_at=clock.now() - timedelta(days=30))
    [line] = tried(support, people.admin)
    [answer] = line["answers"]
    assert (line["outcome"], answer["cause"], answer["goes"]) == ("created", "acknowledgement", True)


def test_a_dry_run_leaves_no_file_behind(support: Mailbox, people: Any, tmp_path: Any) -> None:
    Mailbox.objects.update(outgoing=make_outgoing_server())
    trouble = TroubleInput(ThenDo.MAIL, "ops@elsewhere.test")
    set_mapping(support, MappingInput(reads_commands=True, troubles={Trouble.UNKNOWN: trouble}))
    text = "The lamp.\n\n--- Ticket details [en] ---\nColour: red\n---\n"
    store(support, make_mail(sender=people.agent.user.email, text=text))
    [line] = tried(support, people.admin)
    assert line["data"]["not_followed"]
    assert not [each for each in (tmp_path / "files" / "outbox").rglob("*") if each.is_file()]


def decided(raw_id: int) -> dict[str, Any]:
    """What became of the mail, once it is processed; nothing else is."""
    assert drains.drain_now(WorkKind.PROCESS, row_ids=[raw_id]) == 1
    return really(RemoteMessage.objects.get(raw=raw_id))


def test_its_page_shows_what_each_mail_would_become_and_why(support: Mailbox, people: Any, client: Any) -> None:
    (waiting,) = receive(support, make_mail(subject="My stove"))
    store(support, make_mail(sender="Ads <news@adverts.test>", subject="Buy"))
    client.force_login(people.admin.user)
    page = f"/o/fernhollow/dry-runs/{support.pk}/"
    assert "Try them" in client.get(page).content.decode()
    answer = client.post(page, {"wanted": "500"}, HTTP_HX_REQUEST="true").content.decode()
    assert ("Waiting for a worker" in answer, "<title" in answer) == (True, False)
    drains.drain_now(WorkKind.DRY_RUN, budget_s=60)
    shown = client.get(page).content.decode()
    assert [word in shown for word in ("2 mails were tried", "Urgent", "heat", "New ticket", "adverts.test")] == [
        True
    ] * 5
    ignored = client.get(page, {"outcome": "ignored"}).content.decode()
    assert ("My stove" in ignored, "Buy" in ignored) == (False, True)
    assert f"/o/fernhollow/filters/{support.pk}/" in ignored
    assert Ticket.objects.get(pk=waiting.ticket_id).priority == "urgent"


@pytest.mark.req("S3.15")
def test_the_operators_spam_daemon_has_its_say_in_a_dry_run_as_in_the_real_one(
    support: Mailbox, people: Any, settings: Any
) -> None:
    question = make_mail(subject="Casino", message_id="q1@customer.test")
    mails = [store(support, content) for content in (question, make_mail(answers="q1@customer.test"))]
    with FakeSpamDaemon(Kind.RSPAMD, SPAM[Kind.RSPAMD]) as fake:
        settings.SPAM_DAEMON = fake.as_set()
        lines = tried(support, people.admin)
        real = [decided(raw.pk) for raw in mails]
    assert [say(line) for line in lines] == real
    assert [line["reason"] for line in lines] == ["spam_daemon", "answer"]
    assert [request.endswith(question) for request in fake.requests] == [True, True]  # tried, and really come


@pytest.mark.req("S3.15")
def test_a_dry_run_asks_the_daemon_only_so_long(
    support: Mailbox, people: Any, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    store(support, make_mail())
    monkeypatch.setattr(asked_runs, "ASKING_S", 0)
    with FakeSpamDaemon(Kind.RSPAMD, SPAM[Kind.RSPAMD]) as fake:
        settings.SPAM_DAEMON = fake.as_set()
        [line] = tried(support, people.admin)
    entry = as_entry(line, mailbox=support)
    assert (entry.outcome, fake.requests) == ("created", [])
    assert "Rspamd was not asked: there were too many mails" in saw("recognise_spam", entry)
