"""What the mails about mail that waits for a person say, as it stands when they are written, and who gets them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from django.db.models import Count, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from helpdesk.accounts.capabilities import Capability, can
from helpdesk.accounts.models import AuditEntry, Membership
from mailboxes.models import Outcome, RemoteMessage
from mailboxes.notices import Readers, managers, register_notice
from ticketing.services.waiting_notices import HELD, OF_TEAM, QUARANTINED

MAX_NAMED = 10
Written = tuple[str, list[str], str]


def register() -> None:
    """Notices about held and quarantined mail have words and readers."""
    for action, write in ((HELD, _held), (QUARANTINED, _quarantined)):
        outcome = _OUTCOMES[write]
        register_notice(action, _of_all(write), readers=_while_waiting(outcome, managers))
        register_notice(OF_TEAM[action], _of_team(write), readers=_while_waiting(outcome, _members))


def _while_waiting(outcome: Outcome, readers: Readers) -> Readers:
    """Nobody, once all of it was seen to."""
    return lambda entry: readers(entry) if _rows(outcome, entry).exists() else []


def _members(entry: AuditEntry) -> list[Membership]:
    """Of the team those who see the log; without those who manage channels, who are told of all mailboxes."""
    found = Membership.objects.select_related("user").filter(
        organization_id=entry.organization_id, user__is_active=True, places__team=int(entry.target_id)
    )
    return [
        member
        for member in found
        if can(member, Capability.VIEW_INBOUND_LOG) and not can(member, Capability.MANAGE_CHANNELS)
    ]


Write = Callable[[Sequence[tuple[str, int]], str], Written]


def _of_all(write: Write) -> Callable[[AuditEntry], Written]:
    return lambda entry: write(_waiting(_OUTCOMES[write], entry), "")


def _of_team(write: Write) -> Callable[[AuditEntry], Written]:
    def written(entry: AuditEntry) -> Written:
        words = _("You get this since the tickets of these mailboxes go to the team %(name)s.")
        return write(_waiting(_OUTCOMES[write], entry), words % {"name": entry.target_label})

    return written


def _held(by_mailbox: Sequence[tuple[str, int]], team: str) -> Written:
    count = sum(number for _name, number in by_mailbox)
    subject = ngettext("%(n)d mail is held for review", "%(n)d mails are held for review", count) % {"n": count}
    sentences = [
        _("Mail waits until somebody releases or discards it."),
        _by_mailbox(by_mailbox),
        _("Nobody was answered, and none of it is lost."),
        _("You can put it into a ticket from here; owners and admins can also release or discard it.") if team else "",
        team,
    ]
    return subject, sentences, f"inbound_log?outcome={Outcome.HELD.value}"


def _quarantined(by_mailbox: Sequence[tuple[str, int]], team: str) -> Written:
    count = sum(number for _name, number in by_mailbox)
    words = ngettext("%(n)d mail is in quarantine", "%(n)d mails are in quarantine", count)
    sentences = [
        _("Mail could not be fetched or processed. It is kept, here or on its server, and needs a look."),
        _by_mailbox(by_mailbox),
        _("The log says why. Owners and admins can try it again.")
        if team
        else _("The log says why, and Retry tries it again, alone or all with the same error."),
        team,
    ]
    return words % {"n": count}, sentences, f"inbound_log?outcome={Outcome.FAILED.value}"


_OUTCOMES: dict[Write, Outcome] = {_held: Outcome.HELD, _quarantined: Outcome.FAILED}


def _waiting(outcome: Outcome, entry: AuditEntry) -> Sequence[tuple[str, int]]:
    """How much of each mailbox."""
    rows = _rows(outcome, entry).order_by("mailbox__name")
    return list(rows.values_list("mailbox__name").annotate(Count("id")))


def _rows(outcome: Outcome, entry: AuditEntry) -> QuerySet[RemoteMessage]:
    rows = RemoteMessage.objects.filter(outcome=outcome, resighting_of=None)
    return rows.filter(mailbox__team_id=int(entry.target_id)) if entry.action in OF_TEAM.values() else rows


def _by_mailbox(waiting: Sequence[tuple[str, int]]) -> str:
    named = [f"{name}: {number}" for name, number in waiting[:MAX_NAMED]]
    return "\n".join([*named, "…"] if len(waiting) > MAX_NAMED else named)
