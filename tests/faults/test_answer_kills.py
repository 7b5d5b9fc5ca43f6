"""An agent's answer is killed while it is written, and the worker while it files the copies in Sent."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest

from tests.faults.harness import PASSWORD, SLUG, Installation
from tests.servers.smtp import SmtpServer

pytestmark = [pytest.mark.servers, pytest.mark.both, pytest.mark.req("F106", "F32")]
_numbers = count(1)
COPIES = 12
IN_SCOPE = """
from django.db import transaction
from helpdesk.accounts.models import Organization
from helpdesk.tenancy.scope import organization_scope
from tests.factories.outgoing import make_mailbox, make_outgoing_server, queue_mail
from tests.factories.people import make_member
from tests.factories.tickets import make_contact, make_ticket
from mailboxes.models import Mailbox
from ticketing.mail.values import Address
from ticketing.models import Ticket
from ticketing.outbound.replies import Answer, queue_reply
organization = Organization.objects.get(slug={slug!r})
with organization_scope(organization.id):
"""
ASK = """
    mailbox = make_mailbox(make_outgoing_server(), address="{name}@fernhollow.test")
    ticket = make_ticket("{name}", contact=make_contact("Anna", "{name}@customer.test"), mailbox=mailbox)
    make_member(organization, email="{name}@agents.test")
"""
ANSWER = """
    ticket = Ticket.objects.get(subject="{name}")
    author = organization.memberships.get(user__email="{name}@agents.test")
    to = [Address("Anna", "{name}@customer.test")]
    answer = Answer(html="<p>Done.</p>", to=to, seen_position=ticket.last_position)
    queue_reply(ticket, author=author, answer=answer, answered=ticket.messages.first())
"""
QUEUE = """
    mailbox = Mailbox.objects.select_related("outgoing").get(id={mailbox_id})
    for number in range({copies}):
        queue_mail(mailbox.outgoing, mailbox=mailbox, to=[f"{{number}}@{name}.test"])
"""


def in_scope(code: str, **values: Any) -> str:
    """The lines as a script in the organization's scope."""
    return (IN_SCOPE + code).format(slug=SLUG, **values)


@pytest.mark.parametrize("fault", ["queue.written:kill", "reply.written:kill"])
def test_an_answer_killed_while_it_is_written_is_whole_or_not_there(installation: Installation, fault: str) -> None:
    name = f"answer{next(_numbers)}"
    installation.script(in_scope(ASK, name=name))
    answer = in_scope(ANSWER, name=name)
    assert installation.start_script(answer, fault=fault).wait().was_killed
    recipients = "SELECT outbox_id FROM mailboxes_outboxrecipient WHERE address = %s"
    assert installation.rows(recipients, f"{name}@customer.test") == []
    installation.script(answer)
    [(outbox_id,)] = installation.rows(recipients, f"{name}@customer.test")
    messages = "SELECT count(*) FROM ticketing_message WHERE outbox_id = %s"
    due = "SELECT count(*) FROM tenancy_workitem WHERE kind = 'deliver' AND row_id = %s"
    assert (installation.rows(messages, outbox_id), installation.rows(due, outbox_id)) == ([(1,)], [(1,)])


def test_a_worker_killed_while_it_files_puts_each_copy_into_sent_once(
    installation: Installation, dovecot: Any, smtp_server: SmtpServer
) -> None:
    user = name = f"copies{next(_numbers)}"
    dovecot.add_user(user, PASSWORD)
    smtp_server.behave(users={user: PASSWORD})
    sending = ("--smtp-host", "localhost", "--smtp-port", smtp_server.port)
    mailbox_id = installation.add_mailbox(user, *sending, port=dovecot.imaps_port)
    installation.script(in_scope(QUEUE, mailbox_id=mailbox_id, copies=COPIES, name=name))
    assert installation.manage("deliver_outbox", fault="filing.filed:kill:7").was_killed
    installation.succeed("deliver_outbox", "--wait", 2.5)
    sent = [stored.raw for stored in dovecot.folder_messages(user, "Sent")]
    assert (len(sent), len(set(sent))) == (COPIES, COPIES)
    filing = "SELECT filing, count(*) FROM mailboxes_outboxmessage WHERE mailbox_id = %s GROUP BY filing"
    assert installation.rows(filing, mailbox_id) == [("done", COPIES)]
