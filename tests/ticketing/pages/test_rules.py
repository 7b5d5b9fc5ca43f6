"""The pages of rules: written in their form, tried on past mail, saved, ordered, switched, brought back."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from helpdesk.accounts.models import AuditEntry, Team
from helpdesk.tenancy import drains
from helpdesk.tenancy.models import WorkKind
from tests.accounts.counting import queries_of
from tests.factories.incoming import make_mail, receive
from tests.factories.outgoing import make_mailbox
from ticketing.inbound.rules.written import Action, Condition, Group, actions_of, group_of
from ticketing.models import Rule, RuleTrial, Tag, Ticket, TicketEvent
from ticketing.models.rules import Act, Compare, Joined, Look
from ticketing.services.rules.saving import RuleInput, create_rule

pytestmark = [pytest.mark.django_db]
RULES = "/o/fernhollow/rules/"
HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def files_of_this_test(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path / "files"


@pytest.fixture
def support(in_fernhollow: Any) -> Any:
    return make_mailbox(address="support@fernhollow.test", name="Repairs")


@pytest.fixture
def admin(people: Any, client: Client) -> Client:
    client.force_login(people.admin.user)
    return client


def filled(**changes: Any) -> dict[str, Any]:
    """What the form sends: a stove in the subject is urgent."""
    return {
        "name": "Stoves",
        "applies_to": "new",
        "version": "0",
        "node": ["1::group", "2:1:condition"],
        "joined-1": "all",
        "look-2": "subject",
        "compare-2": "contains",
        "value-2": ["stove", 'burner, "a, b"'],
        "action": ["3"],
        "act-3": "priority",
        "to-3": "urgent",
    } | changes


def stored(name: str, *actions: Action, words: str = "stove") -> Rule:
    """A rule that is on."""
    condition = Condition(Look.SUBJECT, Compare.CONTAINS, (words,))
    return create_rule(RuleInput(name, Group(parts=(condition,)), actions or (Action(Act.PRIORITY, "high"),)))


@pytest.mark.req("S4.60", "S4.61")
def test_a_rule_is_written_with_groups_in_groups_and_told_in_the_configuration_log(
    support: Any, admin: Client, people: Any
) -> None:
    team = Team.objects.create(name="Heat")
    nested = filled() | {
        "node": ["1::group", "2:1:condition", "4:1:group", "5:4:condition", "6:4:condition", "9:99:condition"],
        "joined-4": "none",
        "look-5": "mailbox",
        "compare-5": "not-is",
        "value-5": [str(support.pk)],
        "look-6": "header",
        "compare-6": "matches",
        "header-6": "X-Mailer",
        "value-6": "a{1,3}\nb",
        "action": ["3", "7", "8"],
        "act-7": "team",
        "to-7": str(team.pk),
        "act-8": "stop",
    }
    assert admin.post(f"{RULES}new/", nested).status_code == 302
    rule = Rule.objects.get()
    assert group_of(rule.conditions) == Group(
        Joined.ALL,
        (
            Condition(Look.SUBJECT, Compare.CONTAINS, ("stove", "burner", "a, b")),
            Group(
                Joined.NONE,
                (
                    Condition(Look.MAILBOX, Compare.IS, (str(support.pk),), is_negated=True),
                    Condition(Look.HEADER, Compare.MATCHES, ("a{1,3}", "b"), header="x-mailer"),
                ),
            ),
        ),
    )
    assert actions_of(rule.actions)[1:] == (Action(Act.TEAM, str(team.pk)), Action(Act.STOP))
    page = admin.get(RULES).content.decode()
    assert "Heat" in page
    assert "Has not matched yet" in page
    entry = AuditEntry.objects.get(action="rule.created")
    assert (entry.actor_id, "set priority Urgent" in entry.changes["rule"][1]) == (people.admin.pk, True)
    again = admin.get(f"{RULES}{rule.pk}/").content.decode()
    assert "&quot;a, b&quot;" in again
    assert "Repairs (support@fernhollow.test)" in again
    tab = admin.get(f"/o/fernhollow/filters/{support.pk}/").content.decode()
    assert "Rules that name this mailbox" in tab
    assert "Stoves" in tab


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"name": " "}, "Give the rule a name"),
        ({"value-2": ""}, "Say what to compare it with"),
        ({"compare-2": "matches", "value-2": "(a"}, "no pattern that can be asked in bounded time"),
        ({"look-2": "size", "value-2": "big"}, "as a number of kilobytes"),
        ({"look-2": "header", "header-2": ""}, "Name the header"),
        ({"act-3": "add_tag", "to-3": ""}, "A tag has 1 to 30 characters"),
        ({"act-3": "team", "to-3": "999"}, "Choose another one"),
        ({"act-3": "participant", "to-3": "Lab <lab@partner.test>"}, "is no e-mail address"),
        ({"act-3": "participant", "to-3": "support+a@fernhollow.test"}, "an address of your own mailboxes"),
        ({"action": []}, "add an action"),
        ({"to-3": "huge"}, "Choose a priority"),
    ],
)
def test_what_is_wrong_is_said_beside_it_and_nothing_is_saved(
    support: Any, admin: Client, changes: dict[str, Any], sentence: str
) -> None:
    answer = admin.post(f"{RULES}new/", filled(**changes), headers=HTMX)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert not Rule.objects.exists()


@pytest.mark.parametrize(
    ("sent", "there", "gone"),
    [
        ({"do": "add-condition 1"}, 'value="4:1:condition"', ""),
        ({"do": "add-group 1"}, 'value="4:1:group"', ""),
        ({"do": "remove 2"}, "acts on every mail", 'value="2:1:condition"'),
        ({"do": "add-action"}, 'name="act-4"', ""),
        ({"do": "remove-action 3"}, "Add an action", 'name="act-3"'),
        ({"without": "2 stove"}, "burner", ">stove<"),
        ({"look-2": "has_files"}, "is not there", "Add a value"),
        ({"look-2": "language"}, "Ukrainian", "Add a value"),
        ({"act-3": "note", "was-3": "priority"}, "Text of the note", "urgent</textarea>"),
    ],
)
def test_the_buttons_of_the_form_change_it_and_save_nothing(
    support: Any, admin: Client, sent: dict[str, str], there: str, gone: str
) -> None:
    page = admin.post(f"{RULES}new/draft/", filled(**sent), headers=HTMX).content.decode()
    assert there in page
    assert not gone or gone not in page
    assert not Rule.objects.exists()


@pytest.mark.req("S4.60")
def test_a_rule_is_tried_on_past_mail_before_it_is_saved_and_nothing_happens(
    support: Any, admin: Client, people: Any
) -> None:
    stored("Tagging", Action(Act.ADD_TAG, "heat"), Action(Act.PRIORITY, "high"))
    receive(support, *(make_mail(subject=subject) for subject in ("A stove", "A lamp", "Stove again")))
    before = (Ticket.objects.count(), TicketEvent.objects.count(), Tag.objects.count())
    begun = admin.post(f"{RULES}new/trial/", filled(), headers=HTMX).content.decode()
    assert "Waiting for a worker" in begun
    assert drains.drain_now(WorkKind.RULE_TRIAL) == 1
    found = admin.get(f"{RULES}new/trial/", headers=HTMX).content.decode()
    assert "2 of the last 3" in found
    assert "2 tickets would be otherwise" in found
    assert "Priority: High → Urgent" in found
    assert (Ticket.objects.count(), TicketEvent.objects.count(), Tag.objects.count()) == before
    assert Rule.objects.count() == 1
    anew = admin.get(f"{RULES}new/").content.decode()
    assert "as you tried it last; it is not saved" in anew
    assert "2 of the last 3" in anew
    assert "as you tried it last" not in admin.get(f"{RULES}new/?saved=1").content.decode()
    admin.post(f"{RULES}new/", filled())
    assert not RuleTrial.objects.exists()


def test_a_trial_says_what_the_real_run_then_does(support: Any, admin: Client) -> None:
    """The same mails once more: each becomes what the trial said of it."""
    mails = [make_mail(subject=f"Stove {n}", sender=f"p{n}@customer.test") for n in range(30)]
    receive(support, *mails)
    rule = stored("Off", Action(Act.PRIORITY, "low"), words="lamp")
    admin.post(f"{RULES}{rule.pk}/trial/", filled(version="1", **{"to-3": "low"}), headers=HTMX)
    assert drains.drain_now(WorkKind.RULE_TRIAL, budget_s=60) == 2
    trial = RuleTrial.objects.get()
    assert (trial.looked_at, len(trial.found), trial.unread) == (30, 30, 0)
    admin.post(f"{RULES}{rule.pk}/", filled(version="1", **{"to-3": "low"}))
    seen = receive(support, *(mail.replace(b"Message-ID: <", b"Message-ID: <again") for mail in mails))
    assert {Ticket.objects.get(pk=each.ticket_id).priority for each in seen} == {"low"}


def test_rules_are_moved_switched_deleted_and_brought_back(support: Any, admin: Client) -> None:
    first, second = stored("First"), stored("Second")
    moved = admin.post(f"{RULES}{second.pk}/place/", {"place": "1"}, headers=HTMX).content.decode()
    assert "Moved to 1 of 2" in moved
    assert moved.index("Second") < moved.index("First")
    assert (
        'aria-checked="false"' in admin.post(f"{RULES}{first.pk}/switch/", {"on": "no"}, headers=HTMX).content.decode()
    )
    admin.post(f"{RULES}{first.pk}/", filled(version="1"))
    assert admin.post(f"{RULES}{first.pk}/deletion/").status_code == 302
    assert admin.get(f"{RULES}{first.pk}/").url == f"{RULES}{first.pk}/versions/"
    versions = admin.get(f"{RULES}{first.pk}/versions/").content.decode()
    assert versions.index("urgent".title()) < versions.index("Bring back version 1")
    admin.post(f"{RULES}{first.pk}/versions/1/restoration/")
    first.refresh_from_db()
    assert (first.deleted_at, first.version, first.name, first.is_active) == (None, 3, "First", False)
    actions = list(AuditEntry.objects.order_by("id").values_list("action", flat=True))
    assert actions[2:] == ["rule.moved", "rule.switched_off", "rule.changed", "rule.deleted", "rule.restored"]


def test_a_form_that_is_older_than_the_rule_is_refused(support: Any, admin: Client) -> None:
    rule = stored("First")
    admin.post(f"{RULES}{rule.pk}/", filled(version="1"))
    late = admin.post(f"{RULES}{rule.pk}/", filled(version="1", name="Late"), headers=HTMX)
    assert (late.status_code, "changed this page meanwhile" in late.content.decode()) == (422, True)


def test_the_list_asks_no_more_for_many_rules_than_for_two(support: Any, admin: Client) -> None:
    team = Team.objects.create(name="Heat")
    for number in range(2):
        stored(f"Rule {number}", Action(Act.TEAM, str(team.pk)))
    few = queries_of(admin, RULES)
    for number in range(20):
        stored(f"More {number}", Action(Act.TEAM, str(team.pk)))
    assert queries_of(admin, RULES) == few


def test_the_history_names_the_rule_and_links_it_for_who_may_change_it(
    support: Any, admin: Client, people: Any
) -> None:
    rule = stored("Stoves <b>")
    receive(support, make_mail(subject="A stove"))
    address = f"/o/fernhollow/tickets/{Ticket.objects.get().number}/"
    page = admin.get(address).content.decode()
    assert f'Rule <a href="{RULES}{rule.pk}/"><b dir="auto">Stoves &lt;b&gt;</b></a> set the priority to' in page
    admin.force_login(people.agent.user)
    assert f"{RULES}{rule.pk}/" not in admin.get(address).content.decode()
