"""What happened to a ticket, as sentences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import template
from django.template.defaultfilters import filesizeformat
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from helpdesk.web import marks
from ticketing.command_words import built_in_words, refusal_words
from ticketing.fields.values import shown
from ticketing.mail.values import Told
from ticketing.models import EventKind, Priority, Refused, SpamMark, Status, Ticket, TicketEvent
from ticketing.order_words import left_spam
from ticketing.queries.thread import EventEntry
from ticketing.services.mail_changes import COLUMNS, can_be_undone
from ticketing.spam_words import content_words, too_few_marks, why_words

register = template.Library()

_ICONS = {
    EventKind.TICKET_OPENED: "inbox",
    EventKind.STATUS_CHANGED: "check-circle",
    EventKind.PRIORITY_CHANGED: "flag",
    EventKind.ASSIGNEE_CHANGED: "user",
    EventKind.TEAM_CHANGED: "users",
    EventKind.SUBJECT_CHANGED: "edit",
    EventKind.FIELD_CHANGED: "edit",
    EventKind.REQUESTER_CHANGED: "user",
    EventKind.COMMANDS_REFUSED: "alert",
    EventKind.PARTICIPANT_ADDED: "users",
    EventKind.TAG_ADDED: "tag",
    EventKind.TAG_REMOVED: "tag",
    EventKind.SPAM_MARKED: "ban",
    EventKind.SPAM_SUSPECTED: "ban",
    EventKind.ANSWERED_BY_ITSELF: "bolt",
    EventKind.BOUNCE_RECEIVED: "alert",
    EventKind.DELIVERY_FAILED: "alert",
    EventKind.MERGED: "merge",
    EventKind.LINKED: "link",
    EventKind.MESSAGE_COMPLETED: "download",
    EventKind.MAIL_IGNORED: "filter",
    EventKind.MESSAGE_MOVED: "route",
    EventKind.COPY_RECEIVED: "inbox",
    EventKind.SYNC_OVERRULED: "history",
}

_TOLD_ICONS = {Told.READ: "mail-open", Told.DELETED: "trash", Told.COMPLAINT: "ban"}
_TOLD = {
    Told.READ: gettext_lazy("has a receipt: a mail of ours was read by"),
    Told.DELETED: gettext_lazy("has a receipt: a mail of ours was deleted unread by"),
    Told.COMPLAINT: gettext_lazy("has a complaint: a mail of ours was called spam by"),
}


@register.simple_tag
def event_icon(event: TicketEvent) -> SafeString:
    """The picture of what happened."""
    if "told" in event.data:
        return marks.icon(_TOLD_ICONS[Told(event.data["told"])])
    return marks.icon(_ICONS.get(EventKind(event.kind), "history"))


@register.simple_tag
def event_line(entry: EventEntry, rule_url: str = "") -> SafeString:
    """Who did what, several changes joined; names and values are escaped. rule_url: of the rule that did it."""
    who = format_html('<b dir="auto">{}</b>', str(entry.who)) if entry.who else _("Postroom")
    if entry.rule is not None:
        who = rule_name(entry.events[0], rule_url)
    said = [event_words(event) for event in entry.events]
    return format_html("{} {}", who, mark_safe(", ".join(said)))  # noqa: S308  each part is escaped by event_words


@register.simple_tag
def rule_name(event: TicketEvent, url: str = "") -> SafeString:
    """The rule that made the event, as a link where there is an address for it."""
    name = format_html('<b dir="auto">{}</b>', event.data["rule_name"])
    return format_html("{} {}", _("Rule"), format_html('<a href="{}">{}</a>', url, name) if url else name)


@register.simple_tag
def event_words(event: TicketEvent) -> SafeString:
    """What happened, without who, as safe HTML."""
    words = _WORDS.get(EventKind(event.kind))
    text = words(event.data) if words else escape(event.get_kind_display())
    if "undoes" in event.data:
        text = f"{text} {escape(_('again, undoing a change'))}"
    return mark_safe(text)  # noqa: S308  every value in it went through escape


@register.simple_tag
def mail_change(ticket: Ticket, event: TicketEvent) -> str:
    """What a mail changed and can be taken back, in a word; "" for other entries."""
    if not can_be_undone(ticket, event):
        return ""
    return str(event.data.get("label") or built_in_words(COLUMNS[event.kind]))


@register.simple_tag
def requester_choice(ticket: Ticket, event: TicketEvent) -> str:
    """Who can be made the requester of a forwarded mail instead: its `sender` or its `writer`; "" for other entries."""
    if event.kind != EventKind.REQUESTER_CHANGED or event.data.get("how") != "forwarded":
        return ""
    is_writer = ticket.requester_name in (event.data.get("name"), event.data.get("to"))
    return "sender" if is_writer else "writer"


def _bold(value: object) -> str:
    return f"<b>{escape(str(value))}</b>"


def _status(value: object) -> str:
    return _bold(Status(value).label) if value in Status.values else _bold(value)


def _priority(value: object) -> str:
    return _bold(Priority(value).label) if value in Priority.values else _bold(value)


def _tag(data: dict[str, object]) -> str:
    return f'<span class="tag" data-hue="{int(str(data.get("hue") or 1))}">{escape(str(data.get("tag", "")))}</span>'


def _size(value: object) -> str:
    return escape(filesizeformat(int(str(value or 0))))


def _moved(data: dict[str, object], given: str, taken: str) -> str:
    return f"{given} {_bold(data['to'])}" if data.get("to") else taken


def _left_out(data: dict[str, object]) -> str:
    """Why an answer is not on the ticket, or what a report says of a mail, up to the name of who wrote it."""
    if "told" in data:
        return str(_TOLD[Told(str(data["told"]))])
    if data.get("refused") == Refused.HOLD:
        return _("holds an answer for review, whose sender may not add to the ticket:")
    if "refused" in data:
        return _("left out an answer, whose sender may not add to the ticket:")
    return _("left out an answer because of a filter, from")


def _opened(data: dict[str, object]) -> str:
    if data.get("split_from"):
        split = f"{escape(_('split this ticket off from'))} {_bold('#' + str(data['split_from']))}"
        return f"{split}. {escape(left_spam())}" if data.get("left_spam") else split
    said: list[str] = [escape(_("opened the ticket"))]
    if data.get("lost_team"):
        said.append(f"{escape(_('which has no team: deleted was'))} {_bold(data['lost_team'])}")
    if data.get("unfit_assignee"):
        said.append(f"{escape(_('which nobody has: no longer active is'))} {_bold(data['unfit_assignee'])}")
    if data.get("retired_category"):
        said.append(f"{escape(_('which has no category: retired is'))} {_bold(data['retired_category'])}")
    if data.get("retired_company"):
        said.append(f"{escape(_('which has no company: retired is'))} {_bold(data['retired_company'])}")
    if data.get("company_of_contact"):
        said.append(f"{escape(_('for the company of its contact'))} {_bold(data['company_of_contact'])}")
    if data.get("retired_company_of_contact"):
        retired = escape(_("which has no company: retired is its contact's"))
        said.append(f"{retired} {_bold(data['retired_company_of_contact'])}")
    return ", ".join(said)


def _spam(data: dict[str, object]) -> str:
    mark = data.get("to")
    if mark == SpamMark.AUTO_SPAM:
        said = escape(_("took it for spam"))
        why = why_words(data)
        return f"{said}: {escape(why)}" if why else said
    if mark == SpamMark.NONE:
        return escape(_("took the spam mark off"))
    return escape(_("marked it as spam") if mark == SpamMark.MANUAL_SPAM else _("marked it as not spam"))


def _linked(data: dict[str, object]) -> str:
    return escape(_("received a bounce, which stands in") if data.get("is_bounce") else _("linked it to"))


def _moved_message(data: dict[str, object]) -> str:
    """A message that came from another ticket, or went there."""
    whose = _bold(data.get("sender") or "–")
    if "from" in data:
        return f"{escape(_('moved a message here, from'))} {whose}, {_bold('#' + str(data['from']))}"
    return f"{escape(_('took out a message, from'))} {whose}: {_bold('#' + str(data.get('to', '')))}"


def _overruled(data: dict[str, object]) -> str:
    """What another system had set before somebody decided otherwise here."""
    said, field = data.get("value", ""), str(data.get("field", ""))
    if field.startswith("tag:"):
        how = _("had added the tag %s") if said == "True" else _("had removed the tag %s")
        what = escape(how) % _bold(field[4:])
    else:
        names = {"status": _("the status"), "priority": _("the priority"), "subject": _("the subject")}
        shown = {"status": _status, "priority": _priority}.get(field, _bold)
        what = f"{escape(_('had set'))} {escape(names.get(field, field))} {escape(_('to'))} {shown(said)}"
    return f"{what}{escape(_(', but it was changed here later'))}"


def _requester(data: dict[str, object]) -> str:
    who = _bold(data.get("name") or data.get("to", ""))
    if data.get("how") != "forwarded":
        return f"{escape(_('made the requester'))} {who}"
    passed_on = escape(_("whose mail %(agent)s forwarded")) % {"agent": _bold(data.get("from", ""))}
    return f"{escape(_('made the requester'))} {who}, {passed_on}"


def _not_followed(data: dict[str, Any]) -> str:
    """Each line with its reason."""
    lines = (refusal_words(each["trouble"], line=each["line"], why=each["why"]) for each in data.get("lines", ()))
    said = f"{escape(_('did not follow commands of the mail'))}: {escape('; '.join(lines))}"
    missed = escape(_("the mail about it could not be written")) if data.get("unsent") else ""
    return f"{said} ({missed})" if missed else said


def _field(data: dict[str, object]) -> str:
    said = escape(_("set %(name)s to")) % {"name": _bold(data.get("label", ""))}
    after = shown(str(data.get("kind", "")), data.get("to"))
    if not after:
        return str(escape(_("took %(name)s off")) % {"name": _bold(data.get("label", ""))})
    return f"{said} {_bold(Truncator(after).chars(120))}"


_WORDS: dict[EventKind, Callable[[dict[str, object]], str]] = {
    EventKind.TICKET_OPENED: _opened,
    EventKind.STATUS_CHANGED: lambda data: f"{escape(_('set the status to'))} {_status(data.get('to', ''))}",
    EventKind.PRIORITY_CHANGED: lambda data: f"{escape(_('set the priority to'))} {_priority(data.get('to', ''))}",
    EventKind.ASSIGNEE_CHANGED: lambda data: _moved(data, escape(_("assigned it to")), escape(_("unassigned it"))),
    EventKind.TEAM_CHANGED: lambda data: _moved(data, escape(_("gave it to")), escape(_("took it from its team"))),
    EventKind.CATEGORY_CHANGED: lambda data: _moved(
        data, escape(_("set the category to")), escape(_("took its category off"))
    ),
    EventKind.COMPANY_CHANGED: lambda data: _moved(
        data, escape(_("set the company to")), escape(_("took its company off"))
    ),
    EventKind.FIELD_CHANGED: _field,
    EventKind.REQUESTER_CHANGED: _requester,
    EventKind.COMMANDS_REFUSED: _not_followed,
    EventKind.SUBJECT_CHANGED: lambda data: f"{escape(_('renamed it to'))} {_bold(data.get('to', ''))}",
    EventKind.PARTICIPANT_ADDED: lambda data: f"{escape(_('added to Cc of answers'))} {_bold(data.get('address', ''))}",
    EventKind.TAG_ADDED: lambda data: f"{escape(_('added'))} {_tag(data)}",
    EventKind.TAG_REMOVED: lambda data: f"{escape(_('removed'))} {_tag(data)}",
    EventKind.SPAM_MARKED: _spam,
    EventKind.SPAM_SUSPECTED: lambda data: (
        f"{escape(_('finds it like spam'))}: {escape(content_words(data))} ({escape(too_few_marks(data))})"
    ),
    EventKind.MESSAGE_RECEIVED: lambda _data: escape(_("received a message")),
    EventKind.REPLY_WRITTEN: lambda data: (
        f"{escape(_('brought in what was sent with a mail program by'))} {_bold(data['elsewhere'])}"
        if "elsewhere" in data
        else escape(_("replied"))
    ),
    EventKind.REPLY_UNDONE: lambda _data: escape(_("took a reply back before it was sent")),
    EventKind.NOTE_WRITTEN: lambda _data: escape(_("wrote a note")),
    EventKind.ANSWERED_BY_ITSELF: lambda data: (
        f"{escape(_('sent the canned reply'))} {_bold(data['reply'])}"
        if "reply" in data
        else escape(_("answered by itself"))
    ),
    EventKind.BOUNCE_RECEIVED: lambda _data: escape(_("received a bounce")),
    EventKind.DELIVERY_FAILED: lambda _data: escape(_("could not deliver a reply")),
    EventKind.MERGED: lambda data: f"{escape(_('merged it into'))} {_bold('#' + str(data.get('into', '')))}",
    EventKind.MESSAGE_COMPLETED: lambda data: (
        f"{escape(_('fetched the whole of a large message,'))} {_size(data.get('size_bytes'))}"
    ),
    EventKind.MAIL_IGNORED: lambda data: (
        f"{escape(_left_out(data))} {_bold(data.get('by', data.get('sender')) or _('a recipient'))}"
    ),
    EventKind.COPY_RECEIVED: lambda data: (
        f"{escape(_('received the same mail by way of'))} {_bold(data.get('mailbox') or '–')}"
    ),
    EventKind.SYNC_OVERRULED: _overruled,
    EventKind.MESSAGE_MOVED: _moved_message,
    EventKind.LINKED: lambda data: f"{_linked(data)} {_bold('#' + str(data.get('ticket', '')))}",
}
