"""How the inbound log says verdicts and the steps that led to them."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mailboxes.ledger_words import joined
from mailboxes.models import Outcome, RemoteMessage
from ticketing.inbound.policy import STEPS
from ticketing.inbound.verdicts import SHOWN_HEADERS
from ticketing.reason_words import reason_words
from ticketing.rule_trial_words import did_words, hits_words
from ticketing.step_words import saw

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
_RARE = frozenset(
    {"join_as_ordered", "complete_message", "check_updater"}
)  # said only where it decided: of nearly every mail it would say nothing
# What a step found when it let the mail pass, and when it decided.
_STEPS: dict[str, tuple[Promise, Promise]] = {
    "join_as_ordered": (gettext_lazy("Nobody put it into a ticket"), gettext_lazy("A person put it into a ticket")),
    "complete_message": (
        gettext_lazy("Not the rest of a mail"),
        gettext_lazy("The rest of a mail whose headers came first"),
    ),
    "ignore_own_mail": (gettext_lazy("Not a mail of ours"), gettext_lazy("A mail of ours that came back")),
    "ignore_check_mail": (
        gettext_lazy("Not a test mail"),
        gettext_lazy("The test mail of a connection test"),
    ),
    "ignore_twin": (gettext_lazy("Not seen before"), gettext_lazy("The same mail was here already")),
    "tie_bounce": (gettext_lazy("Not a bounce"), gettext_lazy("A report about a mail of ours")),
    "ignore_report": (gettext_lazy("No report that is ignored"), gettext_lazy("A report that is ignored")),
    "ignore_automatic_answer": (
        gettext_lazy("No automatic answer that is ignored"),
        gettext_lazy("An automatic answer that is ignored"),
    ),
    "ignore_generated": (
        gettext_lazy("No mail of a server or list that is ignored"),
        gettext_lazy("Mail of a server or list that is ignored"),
    ),
    "note_automatic": (gettext_lazy("No quiet note on a ticket"), gettext_lazy("A quiet note on a ticket")),
    "ignore_filtered": (gettext_lazy("No filter ignores it"), gettext_lazy("A filter ignores it")),
    "ignore_unlisted": (gettext_lazy("Every filter lets it in"), gettext_lazy("A filter does not let it in")),
    "check_updater": (
        gettext_lazy("Its sender may add to the ticket"),
        gettext_lazy("Its sender may not add to the ticket"),
    ),
    "stop_loop": (gettext_lazy("No more mail than is ordinary"), gettext_lazy("Looks like a loop")),
    "add_answer": (gettext_lazy("Not an answer to a ticket"), gettext_lazy("An answer to a ticket")),
    "ignore_new_mail": (
        gettext_lazy("The mailbox opens tickets"),
        gettext_lazy("The mailbox takes answers only"),
    ),
    "check_opener": (gettext_lazy("Its sender may open tickets"), gettext_lazy("Its sender may open no tickets")),
    "recognise_spam": (gettext_lazy("No sign of spam that counts"), gettext_lazy("Taken for spam")),
    "open_ticket": (gettext_lazy("No ticket opened"), gettext_lazy("Opens a ticket")),
}


@dataclass(frozen=True)
class StepView:
    """One step of the way to the verdict."""

    state: str  # ok, warn, fail or skip
    title: str
    text: str = ""
    icon: str = "check"
    rule_id: int | None = None  # of the rule that it tells of


def steps_of(entry: RemoteMessage) -> list[StepView]:
    """From the server's folder to the verdict; steps that were not needed come last."""
    asked = [name for name in entry.trace if isinstance(name, str) and not _is_header(name)]
    passed = [StepView("ok", _title(name, decided=False), saw(name, entry)) for name in asked[:-1] if name not in _RARE]
    left_out = entry.reason_data.get("released", {}).get("without", [])
    rest = [step.__name__ for step in STEPS if step.__name__ not in asked] if asked else []
    words = _("Left out: a person let the mail in.")
    skipped = [
        StepView("skip", _title(name, decided=None), words if name in left_out else "", icon="minus") for name in rest
    ]
    return [_fetched(entry), *passed, *_last(entry, asked), *_rules(entry), *skipped]


def _rules(entry: RemoteMessage) -> list[StepView]:
    """What rules did, each with what it matched by."""
    told = [each for each in entry.trace if isinstance(each, dict) and "rule" in each]
    return [
        StepView(
            "ok",
            _("Rule “%(name)s” matches") % {"name": each["name"]},
            joined(f"{hits_words(each['hits'])}.", _("It does: %(did)s.") % {"did": did_words(each["did"])}),
            icon="route",
            rule_id=each["rule"],
        )
        for each in told
    ]


def own_headers(entry: RemoteMessage) -> list[str]:
    """The X-Postroom headers the mail carried, as `name: value`; shown, never obeyed."""
    return [line for line in entry.trace if isinstance(line, str) and _is_header(line)]


def _is_header(line: str) -> bool:
    return line.lower().startswith(SHOWN_HEADERS)


def _fetched(entry: RemoteMessage) -> StepView:
    if entry.raw_id is None:
        return StepView("skip", _("Seen in %(folder)s, not fetched") % {"folder": entry.folder}, icon="minus")
    if entry.was_brought:
        return StepView("ok", _("Brought here"), _("By its bytes it is %(number)s") % {"number": entry.remote_id})
    title = _("Fetched from %(folder)s") % {"folder": entry.folder}
    return StepView("ok", title, _("Number %(number)s there") % {"number": entry.remote_id})


def _last(entry: RemoteMessage, asked: list[str]) -> list[StepView]:
    """The verdict with its reason."""
    if entry.outcome == Outcome.PENDING:
        return [StepView("skip", _("Waiting to be processed"), reason_words(entry), icon="clock")]
    title = _title(asked[-1], decided=True) if asked else str(entry.get_outcome_display())
    state = "fail" if entry.outcome == Outcome.FAILED else "warn" if entry.outcome in _WARNED else "ok"
    return [StepView(state, title, reason_words(entry), icon=LOOKS[entry.outcome][1])]


_WARNED = frozenset({Outcome.HELD, Outcome.REJECTED, Outcome.LOOP})


def _title(name: str, *, decided: bool | None) -> str:
    """The step in words; decided None: it was not asked."""
    passed, found = _STEPS.get(name, (name, name))
    if decided is None:
        return _("%(step)s: not asked") % {"step": found}
    return str(found if decided else passed)
