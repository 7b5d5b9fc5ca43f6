"""`manage.py check_mailbox ID`: tests a mailbox from end to end; prints how long each part took as JSON.

The workers have to run: the mail goes their way. The code is not 0 unless the mail came through and opens tickets.
"""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from helpdesk.lib import clock
from helpdesk.lib.errors import DomainError
from helpdesk.running.commands import OperatorCommand
from helpdesk.tenancy.scope import organization_scope
from mailboxes.end_to_end_words import headline_of, leg_seconds, legs_of
from mailboxes.models import EndToEndTest, Mailbox
from mailboxes.queries.end_to_end import Progress, Standing, progress_of
from mailboxes.services.reading.foreground import NoSuchMailbox, organization_of
from mailboxes.services.sending.end_to_end import start_end_to_end

EVERY_S = 0.5


class Command(OperatorCommand):
    """Sends a marked mail to a mailbox, and waits until it is known what real mail would become."""

    help = __doc__
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("mailbox_id", type=int, metavar="ID")
        parser.add_argument("--wait", type=float, default=600.0, metavar="SECONDS", help="at most, for the mail")
        parser.add_argument("--json", action="store_true", help="the output is JSON in any case")

    def handle(self, *, mailbox_id: int, wait: float, **_options: Any) -> None:
        try:
            organization_id = organization_of(mailbox_id)
            progress = _followed(organization_id, mailbox_id, wait_s=wait)
        except NoSuchMailbox:
            raise CommandError(f"There is no mailbox {mailbox_id}.") from None
        except DomainError as refused:
            raise CommandError(refused.sentence) from None
        with organization_scope(organization_id):
            told = _told(progress)
        self.stdout.write(json.dumps(told))
        if not (progress.standing is Standing.DONE and told["opens"]):
            raise CommandError(told["result"])


def _followed(organization_id: int, mailbox_id: int, *, wait_s: float) -> Progress:
    """The test has ended, or the time has."""
    ends_at = clock.monotonic() + wait_s
    with organization_scope(organization_id):
        test = start_end_to_end(_mailbox(mailbox_id), actor=None)
    if test.is_by_hand:
        raise CommandError("The mailbox has no outgoing server, and there is no default. Add one, or test on its page.")
    while True:
        with organization_scope(organization_id):
            fresh = EndToEndTest.objects.select_related("sighting__raw", "sighting__mailbox").get(pk=test.pk)
            progress = progress_of(fresh, _mailbox(mailbox_id))
        if progress.standing in (Standing.DONE, Standing.FAILED) or clock.monotonic() >= ends_at:
            return progress
        clock.pause(EVERY_S)


def _mailbox(mailbox_id: int) -> Mailbox:
    rows = Mailbox.objects.select_related("connection", "outgoing", "organization").filter(is_draft=False)
    mailbox: Mailbox | None = rows.filter(id=mailbox_id, deleted_at=None).first()
    if mailbox is None:
        raise NoSuchMailbox
    return mailbox


def _told(progress: Progress) -> dict[str, Any]:
    verdict = progress.test.verdict
    at = progress.stands_at
    [text] = [leg.text for leg in legs_of(progress) if leg.state in ("run", "warn", "fail")][:1] or [""]
    return {
        "result": f"{headline_of(progress)[0]}. {text}".strip(),
        "stands_at": at.value if at else None,
        "opens": bool(verdict.get("opens")) and progress.test.came_to_itself,
        "seconds": {leg.value: round(seconds, 2) for leg, seconds in leg_seconds(progress).items()},
        "would_be": {name: verdict[name] for name in verdict if name not in ("data", "text")},
    }
