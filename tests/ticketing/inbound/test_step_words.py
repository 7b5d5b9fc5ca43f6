"""Each step of the policy says what it saw in a mail that it let pass, and where that is set."""

from __future__ import annotations

from typing import Any

import pytest

from helpdesk.accounts.models import Organization
from mailboxes.models import Mailbox, Outcome, RemoteMessage
from tests.factories.incoming import make_mail, receive
from ticketing.inbound.policy import STEPS
from ticketing.log_words import steps_of
from ticketing.models import EntryKind, FilterMode
from ticketing.services.filter_entries import tidy_entry
from ticketing.services.filters import FilterInput, save_filter
from ticketing.steps.around import no_answer_words
from ticketing.steps.links import WITHOUT_SETTING, step_url
from ticketing.steps.looked_at import SAID, saw
from ticketing.steps.titles import TITLES

NAMES = [step.__name__ for step in STEPS]
FERNHOLLOW = Organization(slug="fernhollow")


def entry(saw: dict[str, Any] | None = None, **values: Any) -> RemoteMessage:
    """A message of mailbox 7; saw: what the steps saw, None: nobody wrote it down."""
    trace = [] if saw is None else [{"saw": saw}]
    row = {"mailbox": Mailbox(pk=7), "sender": "anna@x.test", "message_id": "m@x.test", "trace": trace}
    return RemoteMessage(**(row | values))


@pytest.mark.req("S4.51")
@pytest.mark.parametrize("name", NAMES)
def test_no_step_is_without_words_and_without_its_setting(name: str) -> None:
    assert name in TITLES
    assert name in SAID or name == NAMES[-1]  # which always decides
    assert name == NAMES[-1] or saw(name, entry({}))
    assert bool(step_url(name, FERNHOLLOW, entry({}))) is (name not in WITHOUT_SETTING)


@pytest.mark.parametrize(
    ("name", "seen", "words"),
    [
        ("ignore_own_mail", {}, ["anna@x.test", "gave out no such Message-ID"]),
        ("ignore_own_mail", {"has_own_id": True}, ["We gave out its Message-ID", "no mailbox of yours"]),
        ("ignore_own_mail", {"has_own_address": True}, ["a mailbox of yours, but"]),
        ("ignore_twin", {"has_known_id": True}, ["with other content"]),
        ("ignore_twin", {"days": 30, "copies": "any"}, ["remembered for 30 days", "whichever mailboxes"]),
        (
            "ignore_generated",
            {"kind": "list", "signal": "List-Id", "does": "ticket", "is_default": True},
            ["Lists and bulk mail", "List-Id", "Default: Keep as a ticket"],
        ),
        (
            "note_automatic",
            {"kind": "vacation", "signal": "Auto-Submitted", "does": "ignore", "is_default": False},
            ["Setting of automatic mail: Ignore"],
        ),
        ("ignore_filtered", {}, ["No filter says what to ignore"]),
        ("ignore_filtered", {"all": 12, "own": 1}, ["all mailboxes has 12 entries", "the mailbox has 1 entry", "anna"]),
        (
            "ignore_unlisted",
            {"own": {"kind": "domain", "value": "x.test", "header": "", "place": "sender"}},
            ["The filter of the mailbox allows the domain x.test"],
        ),
        ("ignore_unlisted", {"own": None}, ["It answers a ticket"]),
        (
            "stop_loop",
            {"minutes": 60, "sender": [3, 500], "pair": [2, 400], "equal": [1, 0]},
            ["within 60 minutes before it: 3 (stopped from 500 on)", "mailbox: 2 (400)", "text: 1 (never)"],
        ),
        ("check_updater", {"who": "token", "of_all": True}, ["Anyone who answers", "Setting of all mailboxes"]),
        ("check_updater", {"who": "people", "of_all": False, "by": "people"}, ["its sender is on"]),
        ("ignore_while_off", {}, ["Email to ticket is on"]),
        ("ignore_while_off", {"is_answer": True}, ["is off", "a ticket that is closed"]),
        ("ignore_new_mail", {"is_answer": True}, ["a ticket that is closed"]),
        ("check_opener", {"of_all": False, "by": "domain"}, ["domain is on the list", "Setting of the mailbox"]),
        ("check_opener", {"is_answer": True}, ["It answers a ticket"]),
        ("add_answer", {"is_closed": True}, ["a ticket that is closed"]),
        (
            "recognise_spam",
            {"daemon": {"name": "rspamd", "trouble": "paused"}},
            ["Rspamd was not asked: it had not answered for the mails before."],
        ),
        (
            "recognise_spam",
            {"passed": [{"signal": "dmarc", "line": "A: dmarc=fail"}], "percent": 40},
            ["A: dmarc=fail", "not proven", "40 percent"],
        ),
    ],
)
def test_a_step_says_what_it_saw(name: str, seen: dict[str, Any], words: list[str]) -> None:
    said = saw(name, entry({name: seen}))
    assert [word for word in words if word not in said] == [], said


def test_what_nobody_wrote_down_is_not_made_up() -> None:
    assert saw("ignore_filtered", entry()) == saw("a_later_step", entry({})) == ""
    assert [step.title for step in steps_of(entry(outcome=Outcome.CREATED))] == ["Seen in , not fetched", "Created"]


@pytest.mark.django_db
@pytest.mark.both
def test_of_a_mail_that_came_in_each_step_tells_and_leads_to_its_setting(support: Any) -> None:
    save_filter(None, FilterInput(FilterMode.IGNORE, (tidy_entry(EntryKind.DOMAIN, "adverts.test"),)))
    save_filter(support, FilterInput(FilterMode.ALLOW, (tidy_entry(EntryKind.DOMAIN, "customer.test"),)))
    receive(support, make_mail(message_id="first@customer.test"))
    quoting = "Still broken.\n\nOn Mon, 1 Jun 2026 at 10:00, Support <support@fernhollow.test> wrote:\n> What is it?\n"
    [new, answer] = receive(
        support,
        make_mail(text="Another one.\n", headers=[("Feedback-ID", "a:b"), ("Reply-To", "else@customer.test")]),
        make_mail(text=quoting, answers="first@customer.test"),
    )
    told = {step.title: (step.text, step.setting) for step in steps_of(new, organization=FERNHOLLOW)}
    assert "all mailboxes has 1 entry" in told["No filter ignores it"][0]
    assert "allows the domain customer.test" in told["Every filter lets it in"][0]
    assert "before it: 1 (stopped" in told["No more mail than is ordinary"][0]
    assert "takes up to" in told["Not too large"][0]
    assert told["Taken for spam"][1] == f"/o/fernhollow/mailboxes/{support.pk}/spam/"
    told = {step.title: (step.text, step.setting) for step in steps_of(answer, organization=FERNHOLLOW)}
    assert ("folded" in told["Quoted text"][0], told["Quoted text"][1]) == (True, "/o/fernhollow/incoming-mail/#quotes")
    assert "Anyone who answers" in told["Its sender may add to the ticket"][0]
    assert "Only new tickets are acknowledged" in no_answer_words(answer)
