"""What the mail policy adds to what is said of a mailbox's next message: filters, who may write, rules, answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from helpdesk.accounts.models import Counters
from mailboxes.models import Mailbox
from mailboxes.next_message import Met, NextLine
from ticketing.inbound.filtering import Filter
from ticketing.inbound.settings import Settings, settings_for
from ticketing.inbound.writers import WriterRules
from ticketing.models import FilterMode, Openers, Refused, Updaters
from ticketing.writer_words import openers_words

_REFUSED: Mapping[str, Promise] = {
    Refused.HOLD: gettext_lazy("held for review"),
    Refused.ANSWER: gettext_lazy("refused, with an answer where one may go"),
    Refused.DISCARD: gettext_lazy("discarded"),
}
_UPDATERS: Mapping[str, Promise] = {
    Updaters.PEOPLE: gettext_lazy("be added to a ticket only from people on it, or from members; else %(refused)s"),
    Updaters.REQUESTER: gettext_lazy("be added to a ticket only from its requester, or from members; else %(refused)s"),
    Updaters.NOBODY: gettext_lazy("never be added to a ticket, but %(refused)s"),
}


def met_by(mailbox: Mailbox) -> Met:
    """As everything is set now. Inside the scope."""
    version = Counters.objects.values_list("policy_version", flat=True).first() or 0
    settings = settings_for(mailbox.pk, version=version)
    opens = not (mailbox.answers_only or mailbox.organization.tells_while_off)
    return Met(
        before=[*_filtered(settings), *_writers(settings.writers, opens=opens)],
        after=[*_ruled(settings)],
        is_acknowledged=settings.answers.acknowledges and opens,
    )


def _filtered(settings: Settings) -> Iterator[NextLine]:
    names = (
        (settings.filters.of_all, _("the filter of all mailboxes")),
        (settings.filters.of_mailbox, _("the filter of the mailbox")),
    )
    for each, name in names:
        words = _filter_words(each)
        if words:
            yield NextLine("filter", words % {"filter": name, "n": each.size})


def _filter_words(each: Filter) -> str:
    if each.mode is FilterMode.IGNORE:
        return ngettext(
            "pass %(filter)s, which ignores what its %(n)d entry matches",
            "pass %(filter)s, which ignores what its %(n)d entries match",
            each.size,
        )
    if each.mode is FilterMode.ALLOW:
        return ngettext(
            "pass %(filter)s, which lets only such new mail in as its %(n)d entry matches",
            "pass %(filter)s, which lets only such new mail in as its %(n)d entries match",
            each.size,
        )
    return ""


def _writers(rules: WriterRules, *, opens: bool) -> Iterator[NextLine]:
    if opens and rules.openers is Openers.NOBODY:
        words = _("open no ticket, whoever sends it, but be %(refused)s")
        yield NextLine("user", words % {"refused": _REFUSED[rules.opening_refused]})
    elif opens and rules.openers is Openers.LISTED:
        who = openers_words(contacts=rules.lets_contacts, domains=len(rules.domains), groups=rules.lets_groups)
        words = _("open a ticket only from %(who)s, or from members, as far as they are proven; else be %(refused)s")
        if rules.takes_word:
            words = _("open a ticket only from %(who)s, or from members; else be %(refused)s")
        yield NextLine("user", words % {"who": who, "refused": _REFUSED[rules.opening_refused]})
    if rules.updaters in _UPDATERS:
        words = str(_UPDATERS[rules.updaters])
        yield NextLine("user", words % {"refused": _REFUSED[rules.updating_refused]})


def _ruled(settings: Settings) -> Iterator[NextLine]:
    count = len(settings.rules)
    if count:
        words = ngettext(
            "be looked at by %(n)d rule, which may set something else",
            "be looked at by %(n)d rules in order, which may set something else",
            count,
        )
        yield NextLine("bolt", words % {"n": count})
