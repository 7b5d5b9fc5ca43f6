"""What comes before the first step, the mail's size, and after the verdict: mapping, commands, rules, quoted text."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from django.template.defaultfilters import filesizeformat
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from mailboxes.ledger_words import joined
from mailboxes.models import Outcome, RemoteMessage
from ticketing.inbound.decisions import Reason
from ticketing.inbound.envelope import RequesterSource
from ticketing.reason_words import mapped_words
from ticketing.rule_trial_words import did_words, hits_words
from ticketing.steps.view import Data, StepView, rules_told, seen

Link = Callable[[str], str]

_REQUESTER: dict[str, Promise] = {
    RequesterSource.REPLY_TO: gettext_lazy("%(address)s, as Reply-To says and the mailbox is set"),
    RequesterSource.LIST: gettext_lazy("%(address)s, who wrote to the list that stands in From"),
    RequesterSource.FORWARDED: gettext_lazy("%(address)s, whose mail an agent has forwarded"),
}


def of_size(entry: RemoteMessage, link: Link) -> Iterator[StepView]:
    """How large it is, and how much the mailbox took then."""
    size = (seen(entry) or {}).get("size")
    if size is None:
        return
    sizes = {"size": filesizeformat(size["bytes"]), "limit": filesizeformat(size["limit"])}
    if size["bytes"] > size["limit"]:
        words = _("%(size)s; the mailbox takes up to %(limit)s, so that its headers alone were fetched.")
        yield StepView("warn", _("Larger than the mailbox takes"), words % sizes, icon="alert", setting=link("size"))
        return
    words = _("%(size)s; the mailbox takes up to %(limit)s.") % sizes
    yield StepView("ok", _("Not too large"), words, setting=link("size"))


def after_verdict(entry: RemoteMessage, link: Link) -> Iterator[StepView]:
    """What was done to the ticket besides, and what was set for that."""
    told = seen(entry) or {}
    if "requester" in told:
        yield _requester(told["requester"], setting=link("requester"))
    if "goes_to_spam" in told:
        words = _(
            "No mapping, command, rule, tag or automatic answer acts on it, until somebody says that it is no spam."
        )
        yield StepView("skip", _("Its ticket is among the spam"), words, icon="shield")
    if "mapping" in told or "commands" in told:
        yield from _mapping(entry, told, link)
    yield from _rules(entry, told, link)
    if "quotes" in told:
        yield _quotes(told["quotes"], setting=link("quotes"))


def no_answer_words(entry: RemoteMessage) -> str:
    """Why nothing was to be said to its sender; "" for what is not decided yet. Where no answer is noted."""
    if entry.outcome == Outcome.PENDING or not entry.trace:
        return ""
    if entry.reason_code == Reason.HISTORY:
        return _("It was there before the mailbox was connected; such mail is never acknowledged.")
    if entry.outcome in (Outcome.CREATED, Outcome.SPAM):
        return _("No acknowledgement of new tickets is set for this mailbox.")
    return _("Only new tickets are acknowledged, and no answer is set for mail that became this.")


def _requester(data: Data, *, setting: str) -> StepView:
    words = str(_REQUESTER.get(data["how"], "%(address)s")) % {"address": data["address"]}
    return StepView("ok", _("Somebody else than From asks"), f"{words}.", icon="user", setting=setting)


def _mapping(entry: RemoteMessage, told: Data, link: Link) -> Iterator[StepView]:
    words = mapped_words(entry.reason_data) or _("Nothing of this mail went into a field.")
    yield StepView("ok", _("Mapping of the mailbox"), words, icon="arrow-right", setting=link("mapping"))
    if "commands" in told:
        count = told["commands"]["lines"]
        lines = ngettext("%(n)d line was read.", "%(n)d lines were read.", count) % {"n": count}
        refused = len(entry.reason_data.get("not_followed", ()))
        left = ngettext("%(n)d was not followed.", "%(n)d were not followed.", refused) % {"n": refused}
        words = joined(lines, left if refused else "")
        yield StepView("warn" if refused else "ok", _("Commands in its body"), words, setting=link("commands"))


def _rules(entry: RemoteMessage, told: Data, link: Link) -> Iterator[StepView]:
    """What rules did, each with what it matched by."""
    matched = rules_told(entry)
    for each in matched:
        said = joined(f"{hits_words(each['hits'])}.", _("It does: %(did)s.") % {"did": did_words(each["did"])})
        name = _("Rule “%(name)s” matches") % {"name": each["name"]}
        yield StepView("ok", name, said, icon="route", rule_id=each["rule"])
    if "rules" not in told:
        return
    count = told["rules"]["asked"]
    words = ngettext("%(n)d rule was on.", "%(n)d rules were on.", count) % {"n": count}
    if not matched:
        yield StepView("ok", _("No rule matches"), words, icon="route", setting=link("rules"))


def _quotes(data: Data, *, setting: str) -> StepView:
    count = data["lines"]
    if data["left_out"]:
        words = ngettext(
            "%(n)d line was left out. Setting of incoming mail: store the new text alone.",
            "%(n)d lines were left out. Setting of incoming mail: store the new text alone.",
            count,
        )
    else:
        words = ngettext(
            "%(n)d line is folded below the new text. Setting of incoming mail: keep it.",
            "%(n)d lines are folded below the new text. Setting of incoming mail: keep it.",
            count,
        )
    return StepView("ok", _("Quoted text"), words % {"n": count}, icon="quote", setting=setting)
