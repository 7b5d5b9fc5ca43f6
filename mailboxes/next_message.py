"""What becomes of the next message of a mailbox, in plain words, from its settings as they stand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from helpdesk.accounts.models import Role
from mailboxes.connectors.registry import traits_of
from mailboxes.models import AfterImportChoice, ExistingMail, Mailbox, TicketPriority
from mailboxes.services.liveness.health import interval_s
from mailboxes.services.sending.outgoing_servers import server_for


@dataclass(frozen=True)
class NextLine:
    """One thing that happens, as the end of a sentence that begins with "The next message will"."""

    icon: str
    words: str


@dataclass(frozen=True)
class Met:
    """What the mail policy does with it, which the layer above knows."""

    before: Sequence[NextLine] = ()  # what may keep it from becoming anything
    after: Sequence[NextLine] = ()
    is_acknowledged: bool = False  # if it opens a ticket


_tellers: list[Callable[[Mailbox], Met]] = []


def register_policy(teller: Callable[[Mailbox], Met]) -> None:
    """`next_message` asks this function, too; call it from `AppConfig.ready`."""
    _tellers[:] = [teller]


def next_message(mailbox: Mailbox) -> Sequence[NextLine]:
    """What happens, in its order. Needs the scope."""
    is_read = traits_of(mailbox.connection.kind).is_polled
    met = _tellers[0](mailbox) if _tellers else Met()
    return [
        NextLine("mail", _fetched(mailbox) if is_read else _brought()),
        *met.before,
        NextLine("route", _becomes(mailbox)),
        *met.after,
        NextLine("reply", _answered(mailbox, is_acknowledged=met.is_acknowledged)),
    ]


def existing_words(mailbox: Mailbox) -> str:
    """What becomes of mail that is there when the mailbox starts; "" where mail is brought."""
    if not traits_of(mailbox.connection.kind).is_polled:
        return ""
    if mailbox.existing_mail == ExistingMail.IGNORE:
        return _("Mail that is there when the mailbox starts stays as it is.")
    words = _("Mail that is there already becomes closed tickets, and is never answered by itself.")
    if mailbox.existing_mail == ExistingMail.OPEN:
        words = _("Mail that is there already becomes open tickets, and is never answered by itself.")
    if mailbox.start_at is None:
        return words
    since = _("Of what was received before %(day)s, nothing.") % {"day": formats.date_format(mailbox.start_at.date())}
    return f"{words} {since}"


def _fetched(mailbox: Mailbox) -> str:
    seconds = interval_s(mailbox)
    soon = ngettext("within %(n)d second", "within %(n)d seconds", seconds) % {"n": seconds}
    if mailbox.is_real_time:
        soon = _("at once, or %(soon)s where the server does not tell of it") % {"soon": soon}
    words = _("be fetched from %(folder)s %(soon)s, %(then)s")
    return words % {"folder": mailbox.folder, "soon": soon, "then": _on_server(mailbox)}


def _on_server(mailbox: Mailbox) -> str:
    days = mailbox.after_import_days
    if mailbox.after_import == AfterImportChoice.SEEN:
        return _("then marked as read there")
    if mailbox.after_import == AfterImportChoice.MOVE:
        return _("then moved to %(folder)s") % {"folder": mailbox.after_import_folder}
    if mailbox.after_import == AfterImportChoice.LEAVE:
        return _("and left untouched there")
    if not days:
        return _("then deleted there")
    return ngettext("then deleted there after %(n)d day", "then deleted there after %(n)d days", days) % {"n": days}


def _brought() -> str:
    return _("be taken from whoever brings it to the addresses that the next page shows")


def _becomes(mailbox: Mailbox) -> str:
    if mailbox.organization.tells_while_off:
        return _("be added to the ticket it answers; one that answers none opens none, and its sender is told")
    if mailbox.answers_only:
        return _("be added to the ticket it answers; one that answers none opens none, and the inbound log says so")
    names = {
        "priority": TicketPriority(mailbox.ticket_priority).label,
        "team": _("in %(team)s") % {"team": mailbox.team} if mailbox.team else _("without a team"),
        "agent": _assigned(mailbox),
    }
    named = []
    if mailbox.category and mailbox.category.is_active:
        named.append(_("category %(category)s") % {"category": mailbox.category.path})
    if mailbox.company and mailbox.company.is_active and mailbox.organization.serves_companies:
        named.append(_("company %(company)s") % {"company": mailbox.company})
    if not named:
        return _("become a ticket %(team)s, priority %(priority)s, %(agent)s; an answer is added to its ticket") % names
    words = _("become a ticket %(team)s, %(named)s, priority %(priority)s, %(agent)s; an answer is added to its ticket")
    return words % (names | {"named": ", ".join(named)})


def _assigned(mailbox: Mailbox) -> str:
    agent = mailbox.assignee
    if agent is None:
        return _("assigned to nobody")
    if not agent.is_active or agent.role == Role.VIEWER:
        return _("assigned to nobody, since %(agent)s cannot work on tickets") % {"agent": agent}
    return _("assigned to %(agent)s") % {"agent": agent}


def _answered(mailbox: Mailbox, *, is_acknowledged: bool) -> str:
    server = server_for(mailbox)
    if server is None:
        return _("wait for an outgoing server before anybody can answer it: there is none, and no default one")
    sender = f"{mailbox.from_name} <{mailbox.address}>" if mailbox.from_name else mailbox.address
    words = _("be answered by people alone, as %(sender)s, through %(server)s")
    if is_acknowledged:
        words = _(
            "be acknowledged at once if it opens a ticket, then answered by people, as %(sender)s, through %(server)s"
        )
    return words % {"sender": sender, "server": server.label}
