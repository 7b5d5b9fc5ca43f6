"""What would become of a mail with the filters as they stand in a form, in words: each filter, then all that is set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from helpdesk.accounts.models import Organization
from mailboxes.models import Mailbox
from ticketing.dry_run_words import as_entry
from ticketing.inbound.filtering import Filter, Filtered, Filters, Verdict
from ticketing.inbound.policy.filters import entry_data, ignore_filtered, ignore_unlisted
from ticketing.log_words import steps_of
from ticketing.models.filters import FilterMode
from ticketing.reason_words import entry_words, reason_words
from ticketing.steps.view import StepView, asked

_OF_FILTERS = (ignore_filtered.__name__, ignore_unlisted.__name__)


@dataclass(frozen=True)
class Became:
    """What the mail would become with everything that is set."""

    line: Mapping[str, Any]  # as of a dry run
    mailbox: Mailbox  # to which it came
    organization: Organization

    @property
    def is_filtered(self) -> bool:
        """Whether a filter decides."""
        return asked(as_entry(self.line, mailbox=self.mailbox))[-1] in _OF_FILTERS


def trial_steps(
    filters: Filters, mail: Filtered, *, mailbox: Mailbox | None, is_answer: bool, became: Became | None
) -> list[StepView]:
    """What each filter says, then what becomes of the mail. became: None where there is no mailbox yet."""
    names = [(True, filters.of_all, _("Filter of all mailboxes"))]
    if mailbox is not None:
        names.append((False, filters.of_mailbox, _("Filter of %(name)s") % {"name": mailbox.name}))
    verdict = filters.ignore(mail) or (None if is_answer else filters.refuse(mail))
    steps: list[StepView] = []
    for of_all, each, name in names:
        if verdict is not None and verdict.of_all == of_all:
            steps.append(StepView("fail", name, _why(verdict), icon="filter"))
            if became is None or became.is_filtered:
                return [*steps, _kept_out(is_answer=is_answer)]
            return [*steps, StepView("run", _("Something else decides first"), icon="arrow-right"), *_whole(became)]
        steps.append(StepView("ok", name, _passed(each, mail, is_answer=is_answer)))
    if became is None:
        return [*steps, StepView("run", _("Comes in"), icon="arrow-right")]
    words = _("As mail to %(name)s, with everything else as it is set:") % {"name": became.mailbox.name}
    return [*steps, StepView("run", _("Past the filters"), words, icon="arrow-right"), *_whole(became)]


def _whole(became: Became) -> list[StepView]:
    """The verdict, and what comes of it: rules, and what goes out. The parser bench has every step."""
    entry = as_entry(became.line, mailbox=became.mailbox)
    reason = reason_words(entry)
    steps = [step for step in steps_of(entry, organization=became.organization) if step.state != "skip"]
    return steps[next(at for at, step in enumerate(steps) if step.text == reason) :]


def _why(verdict: Verdict) -> str:
    if verdict.hit is None:
        return _("It allows new mail of others only: no entry matches.")
    data = {**entry_data(verdict.hit.entry), "place": verdict.hit.place}
    return _("It ignores %(entry)s.") % {"entry": entry_words(data)}


def _passed(each: Filter, mail: Filtered, *, is_answer: bool) -> str:
    if each.mode is FilterMode.EVERYTHING:
        return _("It accepts everything.")
    if each.mode is FilterMode.IGNORE:
        return _("No entry matches.")
    hit = each.hit(mail)
    if hit is None or is_answer:
        return _("It decides about new mail only; answers to tickets come in.")
    return _("It allows %(entry)s.") % {"entry": entry_words({**entry_data(hit.entry), "place": hit.place})}


def _kept_out(*, is_answer: bool) -> StepView:
    text = _("It stands in the inbound log with this reason; nobody is answered.")
    if is_answer:
        text = _("It stands in the inbound log with this reason, and the ticket's history tells of it.")
    return StepView("warn", _("Ignored"), text, icon="ban")
