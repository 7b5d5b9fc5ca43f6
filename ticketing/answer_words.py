"""What became of automatic answers, as sentences in the reader's language."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from helpdesk.accounts.models import Organization
from mailboxes.models import Silence
from ticketing.answer_links import answer_setting_url
from ticketing.answering.refusals import NoAnswer
from ticketing.models import AnswerState, AutomaticAnswer, AutomaticClass, EntryKind
from ticketing.spam_words import why_words

Data = Mapping[str, Any]
_BOUNCE = gettext_lazy("Reports of failed delivery")

_PLAIN: dict[str, Promise] = {
    NoAnswer.HISTORY: gettext_lazy("It was there before the mailbox was connected; such mail is never answered."),
    NoAnswer.NO_SENDER: gettext_lazy("It names no sender."),
    NoAnswer.NO_MAILBOX: gettext_lazy("No mailbox can send it."),
    NoAnswer.NO_SERVER: gettext_lazy("The mailbox has no outgoing server."),
    NoAnswer.NO_TEXT: gettext_lazy("Its text is not there any more."),
    NoAnswer.TOO_LARGE: gettext_lazy("It is larger than the outgoing server takes."),
}


def _spam(data: Data) -> str:
    why = why_words(data)
    return _("It is spam: %(why)s.") % {"why": why} if why else _("It is spam.")


def _late(data: Data) -> str:
    days = int(data["hours"]) // 24
    words = ngettext(
        "It came in more than %(n)d day after it was received.",
        "It came in more than %(n)d days after it was received.",
        days,
    )
    return words % {"n": days}


def _automatic(data: Data) -> str:
    kind = AutomaticClass(data["kind"]).label if data["kind"] in AutomaticClass.values else _BOUNCE
    return _("Nothing automatic answers automatic mail. It is of the kind “%(kind)s”, seen by: %(sign)s.") % {
        "kind": kind,
        "sign": data["sign"],
    }


def _forbidden(data: Data) -> str:
    return _("It asks for no automatic answer, or comes from a program: %(sign)s.") % {"sign": data["sign"]}


def _not_proven(data: Data) -> str:
    return _("Its sender is not proven, so that the answer might go to a stranger: %(line)s.") % {"line": data["line"]}


def _listed(data: Data) -> str:
    return _("It is on your list of what is never answered by itself: %(kind)s “%(value)s”.") % {
        "kind": EntryKind(data["kind"]).label,
        "value": data["value"],
    }


def _own_address(data: Data) -> str:
    return _("%(address)s is an address of your own mailboxes.") % {"address": data["address"]}


def _bounced(data: Data) -> str:
    at = parse_datetime(data["at"])
    day = date_format(localtime(at), "DATE_FORMAT") if at else ""
    words = _("Mail to %(address)s could not be delivered on %(day)s.")
    if data.get("cause") == Silence.COMPLAINT:
        words = _("%(address)s called mail of yours spam on %(day)s.")
    elif data.get("cause") == Silence.REFUSED:
        words = _("A server said on %(day)s that there is no such address as %(address)s.")
    return words % {"address": data["address"], "day": day}


def _suppressed(data: Data) -> str:
    return _("%(address)s is on your list of who gets no mail.") % {"address": data["address"]}


def _over_budget(data: Data) -> str:
    if data.get("is_known"):
        words = _("%(address)s had too many automatic answers before, and nobody has let them go out again.")
        return words % {"address": data["address"]}
    words = ngettext(
        "%(address)s has had %(n)d automatic answer within %(hours)s hours, as many as you allow.",
        "%(address)s has had %(n)d automatic answers within %(hours)s hours, as many as you allow.",
        int(data["count"]),
    )
    return words % {"address": data["address"], "n": data["count"], "hours": data["hours"]}


def _pair_over_budget(data: Data) -> str:
    if data.get("is_known"):
        words = _("The mailbox gave %(address)s too many automatic answers before, and nobody has let it go on.")
        return words % {"address": data["address"]}
    words = _(
        "The mailbox has given %(address)s %(n)s automatic answers within %(minutes)s minutes, as many as you allow."
    )
    return words % {"address": data["address"], "n": data["count"], "minutes": data["minutes"]}


def _mailbox_over_budget(data: Data) -> str:
    if data.get("is_known"):
        return _("The mailbox gave too many automatic answers before, and nobody has let it go on.")
    words = _("The mailbox has given %(n)s automatic answers within %(minutes)s minutes, as many as you allow.")
    return words % {"n": data["count"], "minutes": data["minutes"]}


def _here_over_budget(data: Data) -> str:
    if data.get("is_known"):
        words = _("%(address)s had too many automatic answers of this installation before, and nobody has looked.")
        return words % {"address": data["address"]}
    words = _("%(address)s has had %(n)s automatic answers of this installation within the hour, as many as it allows.")
    return words % {"address": data["address"], "n": data["count"]}


def _by_rule(data: Data) -> str:
    return _("The rule “%(rule)s” says so.") % {"rule": data["rule"]}


def _bad_address(data: Data) -> str:
    return _("Mail cannot be sent to %(address)s.") % {"address": data["address"]}


_WITH_DATA: dict[str, Callable[[Data], str]] = {
    NoAnswer.SPAM: _spam,
    NoAnswer.LATE: _late,
    NoAnswer.AUTOMATIC: _automatic,
    NoAnswer.FORBIDDEN: _forbidden,
    NoAnswer.NOT_PROVEN: _not_proven,
    NoAnswer.LISTED: _listed,
    NoAnswer.OWN_ADDRESS: _own_address,
    NoAnswer.BOUNCED: _bounced,
    NoAnswer.SUPPRESSED: _suppressed,
    NoAnswer.OVER_BUDGET: _over_budget,
    NoAnswer.PAIR_OVER_BUDGET: _pair_over_budget,
    NoAnswer.MAILBOX_OVER_BUDGET: _mailbox_over_budget,
    NoAnswer.HERE_OVER_BUDGET: _here_over_budget,
    NoAnswer.BY_RULE: _by_rule,
    NoAnswer.BAD_ADDRESS: _bad_address,
}


@dataclass(frozen=True)
class AnswerView:
    """An automatic answer as the log shows it."""

    state: str  # ok, warn or skip, as the steps of the way to a verdict
    icon: str
    title: str
    text: str
    outbox_id: int | None = None
    setting: str = ""  # the address where it is set what decided, or where answers that were stopped may go out again
    rule_id: int | None = None  # of the rule that decided


def answer_views(answers: list[AutomaticAnswer], *, organization: Organization | None = None) -> list[AnswerView]:
    """Each answer in words; of an organization, with where it is set what decided. As `answers_to` gives them."""
    return [_view(answer, organization) for answer in answers]


def why_not(code: str, data: Data) -> str:
    """The reason as a sentence; the code where a value that it names is missing."""
    if code in _PLAIN:
        return str(_PLAIN[code])
    try:
        return _WITH_DATA[code](data)
    except (KeyError, ValueError):
        return code


def _view(answer: AutomaticAnswer, organization: Organization | None) -> AnswerView:
    what = str(answer.get_cause_display())
    if answer.state == AnswerState.WITHHELD:
        why = why_not(answer.reason_code, answer.reason_data)
        setting = answer_setting_url(organization, answer) if organization is not None else ""
        rule_id = answer.reason_data.get("rule_id")
        return AnswerView(
            "skip", "minus", _("%(what)s: not sent") % {"what": what}, why, setting=setting, rule_id=rule_id
        )
    if answer.outbox is None and answer.state == AnswerState.DUE:
        return AnswerView("skip", "clock", what, _("It goes out in a moment."))
    said = _("To %(address)s.") % {"address": answer.recipient}
    if answer.outbox is not None:
        said = f"{said} {answer.outbox.get_state_display()}."
    return AnswerView("ok", "send", what, said, outbox_id=answer.outbox_id)
