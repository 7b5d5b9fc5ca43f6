"""The steps of .ci/containers that run inside a container: `python - STEP`, see STEPS below.

Exits 1 if what the step waits for or looks at is not so.
"""

from __future__ import annotations

import re
import smtplib
import sys
from collections import Counter
from collections.abc import Callable

from django.conf import settings
from django.db import OperationalError, connection
from django.db.models import Count, Max

import helpdesk.wsgi  # noqa: F401  sets Django up
from helpdesk.accounts.models import Membership, Organization
from helpdesk.lib import clock
from helpdesk.running.programs import is_answering
from helpdesk.sandbox.accounts import CUSTOMERS_HOME, SUPPORT, Sandbox
from helpdesk.sandbox.mails import sample_mails
from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import FilingState, OutboxMessage, RemoteMessage
from ticketing.mail.values import Address
from ticketing.models import Message, MessageKind
from ticketing.outbound.replies import Answer, queue_reply
from ticketing.queries.inbound_log import log_rows

ROUNDS = 10
MAILS = ROUNDS * 12
MARK = "The answer of the container check"


def send() -> bool:
    """Mails that are all different lie in the support desk's inbox."""
    # The engine's name server is away for a moment when a container stops.
    within("30", is_so=lambda: is_answering("sandbox-smtp", 1025))
    with smtplib.SMTP("sandbox-smtp", 1025) as server:
        for number in range(ROUNDS):
            for mail in sample_mails():
                head, gap, body = mail.partition(b"\r\n\r\n")
                own = re.sub(rb"(?mi)^((?:Message-ID|In-Reply-To|References):\s*<)", rb"\g<1>%d." % number, head)
                server.sendmail("customer@sandbox.test", [SUPPORT], own + gap + body)
    return say(f"{MAILS} mails sent")


def outcomes() -> Counter[str]:
    """How many mails in the log have which outcome."""
    with organization_scope(Organization.objects.get(slug="demo").id):
        return Counter(log_rows().values_list("outcome", flat=True))


def count() -> bool:
    """What is in the log."""
    seen = outcomes()
    return say(f"{seen.total()} of {MAILS} mails in the log: {dict(seen)}")


def wait_stored(wanted: str, within_s: str) -> bool:
    """As many mails are stored."""
    return within(within_s, is_so=lambda: outcomes().total() >= int(wanted), every_s=0.02)


def wait_settled(within_s: str) -> bool:
    """All mails have a verdict."""
    began = clock.monotonic()
    if not within(within_s, is_so=lambda: (seen := outcomes()).total() >= MAILS and not seen["pending"], every_s=0.5):
        return False
    return say(f"all mails settled {clock.monotonic() - began:.0f} s later")


def check() -> bool:
    """Each mail stands in the log once and, if it belongs into a ticket, there once."""
    count()
    with organization_scope(Organization.objects.get(slug="demo").id):
        rows = list(log_rows().values_list("message_id", "outcome", "ticket_id"))
        filed = list(Message.objects.filter(kind=MessageKind.INBOUND).values_list("message_id", flat=True))
        sightings = RemoteMessage.objects.count()
        numberings = list(
            RemoteMessage.objects.values_list("source_generation", "folder", "epoch").annotate(Count("id"), Max("id"))
        )
    settled = [message_id for message_id, outcome, _ in rows if outcome not in ("pending", "failed", "duplicate")]
    in_tickets = [message_id for message_id, _, ticket_id in rows if ticket_id is not None]
    if len(numberings) != 1:
        say(f"seen under several numberings: {numberings}")
    say(f"{sightings} sightings, {len(set(settled))} different mails, {len(filed)} messages in tickets")
    return len(rows) == len(set(settled)) == sightings == MAILS and sorted(in_tickets) == sorted(filed)


def reply() -> bool:
    """An answer to the first ticket lies in the customers' inbox, once, and in the mailbox's Sent folder."""
    with organization_scope(Organization.objects.get(slug="demo").id):
        first = Message.objects.select_related("ticket").filter(kind=MessageKind.INBOUND).order_by("position")[0]
        answer = Answer(
            html=f"<p>{MARK}</p>",
            to=[Address("", first.from_address)],
            seen_position=first.ticket.last_position,
            undo_s=0,
        )
        queue_reply(first.ticket, author=Membership.objects.get(), answer=answer, answered=first)
    is_there = within("60", is_so=lambda: arrived() == 1, every_s=0.5) and within("60", is_so=is_filed, every_s=0.5)
    return is_there and arrived() == 1


def is_filed() -> bool:
    """The one answer is in Sent."""
    with organization_scope(Organization.objects.get(slug="demo").id):
        return OutboxMessage.objects.get().filing == FilingState.DONE


def arrived() -> int:
    """How many mails with the answer the customers have."""
    inbox = Sandbox(settings.DATA_DIR / "sandbox").maildir(CUSTOMERS_HOME)
    return sum(MARK.encode() in inbox.get_bytes(key) for key in inbox.keys())  # noqa: SIM118  a Maildir is no dict


def roles() -> bool:
    """The application's role may neither own nor see what is not its organization's."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb FROM pg_roles WHERE rolname = current_user"
        )
        rights = cursor.fetchone()
        cursor.execute("SELECT count(*) FROM pg_tables WHERE tableowner = current_user")
        return not any(rights) and cursor.fetchone() == (0,)


def within(seconds: str, *, is_so: Callable[[], bool], every_s: float = 1.0) -> bool:
    """True once it is so, False after as many seconds."""
    ends_at = clock.monotonic() + float(seconds)
    while not _holds(is_so):
        if clock.monotonic() > ends_at:
            return False
        clock.pause(every_s)
    return True


def _holds(is_so: Callable[[], bool]) -> bool:
    """What it says; False while the database's name is not found, as for a moment when a container starts or stops."""
    try:
        return is_so()
    except OperationalError:
        connection.close()
        return False


def say(words: str) -> bool:
    """The words are printed; True."""
    print(words, flush=True)  # noqa: T201  what the check has seen
    return True


STEPS: dict[str, Callable[..., bool]] = {
    "send": send,
    "count": count,
    "wait-stored": wait_stored,
    "wait-settled": wait_settled,
    "check": check,
    "reply": reply,
    "roles": roles,
}

if __name__ == "__main__":
    sys.exit(0 if STEPS[sys.argv[1]](*sys.argv[2:]) else 1)
