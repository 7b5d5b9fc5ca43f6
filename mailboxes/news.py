"""What went down, came back or ends soon: told on the next page to each person who manages channels, once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from helpdesk.accounts.capabilities import Capability, can
from helpdesk.accounts.models import Membership
from helpdesk.lib import clock
from helpdesk.web.news import News
from helpdesk.web.toasts import Tone
from mailboxes.deadline_words import end_sentence
from mailboxes.queries.mailbox_list import brought_ids, outages, reachable_ids
from mailboxes.queries.news import grant_names, refused_grants, warnings_given

_MAX_NAMED = 5


def mailbox_news(request: HttpRequest) -> Iterable[News]:
    """What changed since this session heard last: outages after three failures, refused grants, ends that are near."""
    actor: Membership | None = getattr(request, "membership", None)
    if actor is None or not can(actor, Capability.MANAGE_CHANNELS):
        return []
    number = actor.organization_id
    return [
        *_of_outages(request, key=f"outages-{number}"),
        *_of_grants(request, key=f"grants-{number}"),
        *_of_ends(request, key=f"ends-{number}"),
    ]


def _of_outages(request: HttpRequest, *, key: str) -> Iterable[News]:
    heard: dict[str, str] = request.session.get(key, {})
    now = {str(mailbox_id): name for mailbox_id, name in outages().items()}
    if now == heard:
        return []
    request.session[key] = now
    ended = {int(mailbox_id): name for mailbox_id, name in heard.items() if mailbox_id not in now}
    up = reachable_ids(list(ended)) if ended else set()
    down = {int(mailbox_id): name for mailbox_id, name in now.items() if mailbox_id not in heard}
    back = {mailbox_id: name for mailbox_id, name in ended.items() if mailbox_id in up}
    brought = brought_ids([*down, *back])
    return [
        *_said([name for pk, name in down.items() if pk not in brought], _is_down, tone="bad"),
        *_said([name for pk, name in down.items() if pk in brought], _takes_nothing, tone="bad"),
        *_said([name for pk, name in back.items() if pk not in brought], _is_back),
        *_said([name for pk, name in back.items() if pk in brought], _takes_mail),
    ]


def _said(names: Sequence[str], words: Callable[[int], str], tone: Tone = "ok") -> Iterable[News]:
    """One toast for all of them."""
    shown = ", ".join(names[:_MAX_NAMED])
    if len(names) > _MAX_NAMED:
        shown = _("%(names)s and %(n)d more") % {"names": shown, "n": len(names) - _MAX_NAMED}
    return [News(words(len(names)) % {"names": shown}, tone=tone)] if names else []


def _is_down(number: int) -> str:
    return ngettext(
        "%(names)s cannot be read. Mail stays safe on the server.",
        "%(names)s cannot be read. Mail stays safe on the server.",
        number,
    )


def _takes_nothing(number: int) -> str:
    return ngettext(
        "%(names)s takes no mail now. Senders are asked to come again.",
        "%(names)s take no mail now. Senders are asked to come again.",
        number,
    )


def _takes_mail(number: int) -> str:
    return ngettext("%(names)s takes mail again.", "%(names)s take mail again.", number)


def _is_back(number: int) -> str:
    return ngettext("%(names)s is read again.", "%(names)s are read again.", number)


def _of_grants(request: HttpRequest, *, key: str) -> Iterable[News]:
    heard, now = set(request.session.get(key, [])), refused_grants()
    if now == heard:
        return []
    request.session[key] = sorted(now)
    lost = grant_names(sorted(now - heard)) if now - heard else {}
    back = grant_names(sorted(heard - now), alive_only=True) if heard - now else {}
    return [
        *(News(_("No access to %(name)s any more.") % {"name": name}, tone="bad") for name in lost.values()),
        *(News(_("Access to %(name)s works again.") % {"name": name}) for name in back.values()),
    ]


def _of_ends(request: HttpRequest, *, key: str) -> Iterable[News]:
    heard: dict[str, int] = request.session.get(key, {})
    given = {
        f"{kind}:{subject}": (kind, days, ends_on, label) for kind, subject, days, ends_on, label in warnings_given()
    }
    now = {name: days for name, (_kind, days, _ends_on, _label) in given.items()}
    if now == heard:
        return []
    request.session[key] = now
    today = clock.now().date()
    return [
        News(f"{label}: {end_sentence(kind, ends_on, today=today)}", tone="bad")
        for name, (kind, days, ends_on, label) in given.items()
        if days < heard.get(name, days + 1)
    ]
