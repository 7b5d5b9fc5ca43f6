"""An address that a server does not know, said while a mail is sent, is marked as one that mail came back from."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from helpdesk.lib import clock
from helpdesk.lib.errors import DomainError
from mailboxes.models import BouncedAddress, OutboxRecipient, Silence
from mailboxes.services.sending.bouncing import Report, is_reached_again, mark_bounced, refuse_bounced
from tests.factories.outgoing import queue_mail
from tests.mailboxes.outgoing.mails import ANNA, BO, CEM, Deliver

pytestmark = [pytest.mark.django_db, pytest.mark.req("F84")]
NO_SUCH = "550 5.1.1 no such user"


@pytest.mark.both
def test_nothing_automatic_goes_there_any_more_until_mail_comes_from_there(
    outgoing_server: Any, smtp_server: Any, deliver_all: Deliver
) -> None:
    smtp_server.behave(recipient_answers={ANNA: NO_SUCH, BO: "550 5.7.1 relay access denied"})
    outbox = queue_mail(outgoing_server, to=[ANNA, BO, CEM])
    deliver_all()
    marked = BouncedAddress.objects.get()
    assert (marked.address, marked.cause, marked.detail, marked.outbox, marked.report) == (
        ANNA,
        Silence.REFUSED,
        NO_SUCH,
        outbox,
        None,
    )
    reasons = dict(OutboxRecipient.objects.values_list("address", "reason"))
    assert reasons == {ANNA: "recipient_unknown", BO: "", CEM: ""}
    assert not OutboxRecipient.objects.exclude(bounced_at=None).exists()  # it never left
    with pytest.raises(DomainError, match="no such address as anna@customer"):
        refuse_bounced(ANNA)
    is_reached_again(ANNA)
    refuse_bounced(ANNA)


@pytest.mark.parametrize(
    ("first", "then", "expected"),
    [
        (Silence.REFUSED, Silence.BOUNCED, Silence.BOUNCED),
        (Silence.BOUNCED, Silence.REFUSED, Silence.REFUSED),
        (Silence.COMPLAINT, Silence.REFUSED, Silence.COMPLAINT),
        (Silence.REFUSED, Silence.COMPLAINT, Silence.COMPLAINT),
    ],
)
def test_the_newest_cause_counts_but_a_complaint_outlasts_all(
    in_fernhollow: Any, first: Silence, then: Silence, expected: Silence
) -> None:
    for cause in (first, then):
        mark_bounced([ANNA], Report(at=clock.now(), cause=cause))
    assert BouncedAddress.objects.get().cause == expected


def test_the_outbox_and_the_list_say_so(
    outgoing_server: Any, smtp_server: Any, deliver_all: Deliver, people: Any, client: Client
) -> None:
    smtp_server.behave(recipient_answers={ANNA: NO_SUCH})
    queue_mail(outgoing_server)
    deliver_all()
    client.force_login(people.admin.user)
    page = client.get("/o/fernhollow/outbox/").content.decode()
    assert "bounced/?q=anna%40customer.test" in page
    assert "The server says that there is no such address" in page
    listed = client.get("/o/fernhollow/outbox/suppressions/bounced/").content.decode()
    assert "No such address" in listed
    assert NO_SUCH in listed
