"""How the inbound log says verdicts and the steps that led to them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from django.utils.translation import gettext as _

from helpdesk.accounts.models import Organization
from mailboxes.models import Outcome, RemoteMessage
from ticketing.inbound.policy import STEPS
from ticketing.reason_words import reason_words
from ticketing.steps.around import after_verdict, of_size
from ticketing.steps.links import deciding_url, step_url
from ticketing.steps.looked_at import saw
from ticketing.steps.titles import title
from ticketing.steps.view import StepView, asked

# Tone and icon of the pill.
LOOKS: dict[str, tuple[str, str]] = {
    Outcome.PENDING: ("info", "clock"),
    Outcome.CREATED: ("ok", "plus"),
    Outcome.ADDED: ("info", "reply"),
    Outcome.HELD: ("warn", "pause"),
    Outcome.IGNORED: ("", "filter"),
    Outcome.REJECTED: ("plum", "ban"),
    Outcome.SPAM: ("", "shield"),
    Outcome.LOOP: ("plum", "loop"),
    Outcome.BOUNCE: ("", "mail"),
    Outcome.DUPLICATE: ("", "copy"),
    Outcome.FAILED: ("bad", "alert"),
}


def steps_of(entry: RemoteMessage, *, organization: Organization | None = None) -> list[StepView]:
    """From the server's folder to the verdict and what came of it; steps that were not needed come last.

    organization: whose settings the steps link to; None: no links. No query where the mailbox is loaded.
    """
    link = partial(_link, organization, entry)
    names = asked(entry)
    passed = [StepView("ok", title(name, decided=False), saw(name, entry), setting=link(name)) for name in names[:-1]]
    left_out = entry.reason_data.get("released", {}).get("without", [])
    rest = [step.__name__ for step in STEPS if step.__name__ not in names] if names else []
    words = _("Left out: a person let the mail in.")
    skipped = [
        StepView("skip", title(name, decided=None), words if name in left_out else "", icon="minus") for name in rest
    ]
    before = [_fetched(entry), *of_size(entry, link)]
    setting = deciding_url(names[-1], organization, entry) if names and organization is not None else ""
    return [*before, *passed, _last(entry, names, setting=setting), *after_verdict(entry, link), *skipped]


def _link(organization: Organization | None, entry: RemoteMessage, name: str) -> str:
    return step_url(name, organization, entry) if organization is not None else ""


def _fetched(entry: RemoteMessage) -> StepView:
    if entry.raw_id is None:
        return StepView("skip", _("Seen in %(folder)s, not fetched") % {"folder": entry.folder}, icon="minus")
    if entry.was_brought:
        return StepView("ok", _("Brought here"), _("By its bytes it is %(number)s") % {"number": entry.remote_id})
    words = _("Fetched from %(folder)s") % {"folder": entry.folder}
    return StepView("ok", words, _("Number %(number)s there") % {"number": entry.remote_id})


def _last(entry: RemoteMessage, names: Sequence[str], *, setting: str) -> StepView:
    """The verdict with its reason."""
    if entry.outcome == Outcome.PENDING:
        return StepView("skip", _("Waiting to be processed"), reason_words(entry), icon="clock")
    words = title(names[-1], decided=True) if names else str(entry.get_outcome_display())
    state = "fail" if entry.outcome == Outcome.FAILED else "warn" if entry.outcome in _WARNED else "ok"
    return StepView(state, words, reason_words(entry), icon=LOOKS[entry.outcome][1], setting=setting)


_WARNED = frozenset({Outcome.HELD, Outcome.REJECTED, Outcome.LOOP})
