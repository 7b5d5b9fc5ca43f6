"""Discarded mail goes on to whom the policy names: once, with or without its files, and never in a circle."""

from __future__ import annotations

from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest

from helpdesk.lib import clock, files
from helpdesk.tenancy import drains
from helpdesk.tenancy.models import WorkKind
from mailboxes.models import Cause, OutboxMessage, Outcome, RemoteMessage
from mailboxes.services.sending.bouncing import Report, mark_bounced
from tests.factories.incoming import make_mail, process_due, receive
from tests.factories.outgoing import make_mailbox, make_outgoing_server
from ticketing.forward_words import forward_words
from ticketing.forwarding import sending
from ticketing.forwarding.noting import WithheldBecause
from ticketing.models import ForwardedMail, ForwardState, Openers, Refused, Updaters, WriterPolicy
from ticketing.services.intake_retry import decide_again
from ticketing.services.writer_policies import WriterInput, save_writers

pytestmark = [pytest.mark.django_db, pytest.mark.both, pytest.mark.req("S5.63")]

BOSS = "boss@elsewhere.test"


@pytest.fixture
def shop(in_fernhollow: Any) -> Any:
    """A mailbox that sends, and takes new mail of nobody."""
    return make_mailbox(make_outgoing_server(), address="shop@fernhollow.test")


def discard(shop: Any, **values: Any) -> None:
    """New mail is discarded, and goes on to the boss."""
    save_writers(
        shop,
        WriterInput(
            openers=Openers.NOBODY,
            opening_refused=Refused.DISCARD,
            **({"forward_to": BOSS, "forward_text": "This was not let in."} | values),
        ),
    )


def came(mailbox: Any, **mail: Any) -> RemoteMessage:
    """What the log has of this mail, after all that is due because of it."""
    [seen] = receive(mailbox, make_mail(**mail))
    drains.drain_now(WorkKind.FORWARD, budget_s=60)
    return seen


def sent() -> EmailMessage:
    """The one mail in the outbox."""
    outbox = OutboxMessage.objects.get()
    found = message_from_bytes(files.read(outbox.storage_key), policy=policy.default)
    assert isinstance(found, EmailMessage)
    return found


@pytest.mark.parametrize("with_files", [True, False])
def test_it_goes_on_with_the_text_and_with_its_files_if_wanted(shop: Any, with_files: bool) -> None:
    discard(shop, forward_files=with_files)
    seen = came(shop, sender="Eve <eve@evil.test>", subject="Offer", text="Buy this.\n", files=[("a.bin", b"abc")])
    outbox, mail = OutboxMessage.objects.get(), sent()
    assert (seen.outcome, outbox.cause, outbox.cause_id) == (Outcome.IGNORED, Cause.NOTICE, "discarded")
    assert list(outbox.recipients.values_list("address", flat=True)) == [BOSS]
    assert (mail["Subject"], mail["Auto-Submitted"]) == ("Fwd: Offer", "auto-generated")
    body = mail.get_body(("plain",))
    assert body is not None
    text = body.get_content()
    assert text.index("This was not let in.") < text.index("Eve <eve@evil.test>") < text.index("Buy this.")
    assert [part.get_filename() for part in mail.iter_attachments()] == (["a.bin"] if with_files else [])
    assert f"Forwarded to {BOSS}" in forward_words(ForwardedMail.objects.get())


def test_it_goes_on_once_however_often_it_is_decided_and_worked_on(shop: Any, people: Any) -> None:
    discard(shop)
    seen = came(shop)
    decide_again(seen.raw, actor=people.admin)
    process_due()
    drains.drain_now(WorkKind.FORWARD, budget_s=60)
    seen.refresh_from_db()
    assert (seen.outcome, OutboxMessage.objects.count(), ForwardedMail.objects.count()) == (Outcome.IGNORED, 1, 1)


@pytest.mark.parametrize("refused", [Refused.HOLD, Refused.ANSWER])
def test_what_is_held_or_refused_does_not_go_on(shop: Any, refused: Refused) -> None:
    discard(shop)
    save_writers(shop, WriterInput(openers=Openers.NOBODY, opening_refused=refused, forward_to=BOSS))
    came(shop)
    assert not ForwardedMail.objects.exists()


@pytest.mark.req("F84")
def test_it_does_not_go_to_where_mail_came_back_from(shop: Any) -> None:
    discard(shop)
    mark_bounced([BOSS], Report(raw_id=came(shop).raw_id or 0, at=clock.now()))
    seen = came(shop)
    withheld = ForwardedMail.objects.get(raw_id=seen.raw_id)
    assert (withheld.state, withheld.reason) == (ForwardState.WITHHELD, WithheldBecause.BOUNCED)
    assert "came back" in forward_words(withheld)


def test_a_discarded_answer_goes_on_too(shop: Any) -> None:
    receive(shop, make_mail(message_id="first@customer.test"))
    save_writers(shop, WriterInput(updaters=Updaters.NOBODY, updating_refused=Refused.DISCARD, forward_to=BOSS))
    came(shop, answers="first@customer.test")
    assert OutboxMessage.objects.count() == 1


@pytest.mark.req("F85")
@pytest.mark.parametrize(
    ("mail", "reason"),
    [
        ({"headers": [("Auto-Submitted", "auto-generated")]}, WithheldBecause.AUTOMATIC),
        ({"headers": [("List-Id", "<news.x.test>")]}, WithheldBecause.AUTOMATIC),
        ({"headers": [("Return-Path", "<>")]}, WithheldBecause.AUTOMATIC),
        ({"sender": f"The Boss <{BOSS.upper()}>"}, WithheldBecause.ITS_SENDER),
    ],
)
def test_nothing_that_could_go_round_goes_on(shop: Any, mail: dict[str, Any], reason: WithheldBecause) -> None:
    discard(shop)
    came(shop, **mail)
    row = ForwardedMail.objects.get()
    assert (row.state, row.reason, OutboxMessage.objects.count()) == (ForwardState.WITHHELD, reason, 0)
    assert forward_words(row).startswith("Not forwarded:")


def test_a_responder_that_ignores_all_headers_is_stopped_by_what_it_answers(shop: Any) -> None:
    discard(shop)
    came(shop)
    came(shop, sender="away@elsewhere.test", answers=OutboxMessage.objects.get().message_id)
    assert ForwardedMail.objects.latest("id").reason == WithheldBecause.ANSWERS_US


def test_an_address_that_has_become_a_mailbox_of_ours_gets_nothing(shop: Any) -> None:
    discard(shop)
    make_mailbox(address=BOSS)
    came(shop)
    assert ForwardedMail.objects.get().reason == WithheldBecause.OUR_OWN


def test_no_more_go_on_in_an_hour_than_anybody_reads(shop: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "MAX_AN_HOUR", 1)
    discard(shop)
    came(shop)
    came(shop)
    assert ForwardedMail.objects.latest("id").reason == WithheldBecause.TOO_MANY


@pytest.mark.parametrize("missing", ["server", "address"])
def test_where_it_cannot_go_on_it_is_said(shop: Any, missing: str) -> None:
    discard(shop)
    if missing == "server":
        type(shop).objects.update(outgoing=None)
    [_seen] = receive(shop, make_mail())
    if missing == "address":
        WriterPolicy.objects.update(forward_to="")
    drains.drain_now(WorkKind.FORWARD, budget_s=60)
    reasons = {"server": WithheldBecause.NO_SERVER, "address": WithheldBecause.NOBODY}
    assert ForwardedMail.objects.get().reason == reasons[missing]
