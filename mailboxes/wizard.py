"""The way of a new mailbox in five steps: which there are, where a draft stands, and what the list beside them says.

Where a draft stands is read from what is there: an account that can sign in, a test for the settings as they stand, a
word on mail from before. Nothing is read, taken or sent before the last step is finished (services.setup.drafts).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import formats
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mailboxes.connectors.registry import traits_of
from mailboxes.deadlines import grant_of
from mailboxes.models import ExistingMail, GrantState, Mailbox
from mailboxes.providers import Card, card_named
from mailboxes.services.setup.drafts import is_stub

LAYOUT = "wizard_base.html"


class Step(StrEnum):
    """A page of the way, in their order."""

    PROVIDER = "provider"
    SIGN_IN = "sign-in"
    TEST = "test"
    IMPORT = "import"
    ROUTING = "routing"


ORDER = tuple(Step)
NAMES: dict[Step, Promise] = {
    Step.PROVIDER: gettext_lazy("Provider"),
    Step.SIGN_IN: gettext_lazy("Sign-in"),
    Step.TEST: gettext_lazy("Test"),
    Step.IMPORT: gettext_lazy("Import"),
    Step.ROUTING: gettext_lazy("Routing"),
}
OF_A_SERVER = frozenset({Step.TEST, Step.IMPORT})  # where mail is brought there is no server to test, and no old mail
_PAGES = {
    Step.PROVIDER: "setup_provider",
    Step.TEST: "setup_test",
    Step.IMPORT: "existing_mail",
    Step.ROUTING: "setup_routing",
}


@dataclass(frozen=True)
class StepLine:
    """One step in the list."""

    name: str | Promise
    state: str  # done, current, skipped, or "" for one that comes later
    url: str = ""  # "": not to be gone to yet
    note: str | Promise = ""  # what was chosen


@dataclass(frozen=True)
class Wizard:
    """What stands around the page of a step."""

    step: Step
    lines: Sequence[StepLine]
    back: str  # the step before

    @property
    def title(self) -> str:
        """For the tab of the browser."""
        number = ORDER.index(self.step) + 1
        return _("Step %(n)d of 5, %(name)s") % {"n": number, "name": str(NAMES[self.step]).lower()}


def stands_at(draft: Mailbox) -> Step:
    """The first step that is not done."""
    if not is_connected(draft):
        return Step.SIGN_IN
    if not is_read(draft):
        return Step.ROUTING
    if "tested" not in draft.setup:
        return Step.TEST
    return Step.ROUTING if draft.setup.get("chose_import") else Step.IMPORT


def is_connected(draft: Mailbox) -> bool:
    """True if there is all that signing in to its server takes."""
    if is_stub(draft):
        return False
    grant = grant_of(draft.connection)
    if not is_read(draft):
        return True
    if grant is None:
        return bool(draft.connection.password_sealed)
    return grant.state == GrantState.ALIVE if grant.has_sign_in else bool(grant.client_secret_sealed)


def is_read(draft: Mailbox) -> bool:
    """True if a server is asked for its mail."""
    return traits_of(draft.connection.kind).is_polled


def url_of(step: Step, draft: Mailbox, *, slug: str) -> str:
    """The page of this step for this draft."""
    there = {"slug": slug, "mailbox_id": draft.pk}
    if step is not Step.SIGN_IN:
        return reverse(_PAGES[step], kwargs=there)
    card = card_of(draft)
    if is_stub(draft) and card is not None:
        return card.url(slug=slug, address=draft.address, draft_id=draft.pk)
    if not is_read(draft):
        return reverse("edit_push_mailbox", kwargs=there)
    grant = grant_of(draft.connection)
    return reverse("sign_in" if grant is not None and grant.has_sign_in else "edit_mailbox", kwargs=there)


def card_of(draft: Mailbox) -> Card | None:
    """Where it was said to be hosted."""
    return card_named(str(draft.setup.get("card", "")))


def wizard_of(step: Step, draft: Mailbox, *, slug: str) -> Wizard:
    """What stands around this step of a draft."""
    far = ORDER.index(stands_at(draft))
    steps = [each for each in ORDER if is_read(draft) or each not in OF_A_SERVER]
    before = steps[max(steps.index(step) - 1, 0)]
    lines = [_line(each, draft, step=step, far=far, slug=slug) for each in ORDER]
    return Wizard(step, lines, back=url_of(before, draft, slug=slug))


def first_wizard(step: Step, *, slug: str, card: Card | None = None, address: str = "") -> Wizard:
    """What stands around the first two steps while nothing is kept yet."""
    known = {"address": address, "provider": card.key if card else ""}
    back = reverse("connect_mailbox", kwargs={"slug": slug})
    back += f"?{urlencode({name: value for name, value in known.items() if value})}" if card else ""
    lines = [StepLine(NAMES[each], "current" if each is step else "") for each in ORDER]
    if card is not None:
        lines[0] = StepLine(NAMES[Step.PROVIDER], "done", back, _place(card.name, address))
        lines[2:4] = [_skipped(each) for each in (Step.TEST, Step.IMPORT)] if card.is_brought else lines[2:4]
    return Wizard(step, lines, back=back if card else reverse("mailboxes", kwargs={"slug": slug}))


def _line(each: Step, draft: Mailbox, *, step: Step, far: int, slug: str) -> StepLine:
    place = ORDER.index(each)
    if each in OF_A_SERVER and not is_read(draft):
        return _skipped(each)
    is_done = place < far
    note = _NOTES[each](draft) if is_done else ""
    if each is step:
        return StepLine(NAMES[each], "current", note=note)
    url = url_of(each, draft, slug=slug) if place <= far else ""
    return StepLine(NAMES[each], "done" if is_done else "", url, note)


def _skipped(each: Step) -> StepLine:
    return StepLine(NAMES[each], "skipped", note=_("Not needed: mail is brought here"))


def _place(name: str | Promise, address: str) -> str:
    return ", ".join(filter(None, (str(name), address.rpartition("@")[2])))


def _provider_note(draft: Mailbox) -> str:
    card = card_of(draft)
    return _place(card.name if card else draft.connection.get_kind_display(), draft.address)


def _sign_in_note(draft: Mailbox) -> str:
    grant = grant_of(draft.connection)
    return grant.account if grant is not None and grant.account else draft.address


def _test_note(draft: Mailbox) -> str:
    return _("Passed") if draft.setup.get("tested") == "passed" else _("Not passed yet")


def _import_note(draft: Mailbox) -> str:
    if draft.existing_mail == ExistingMail.IGNORE:
        return _("New mail only")
    words = _("As closed tickets") if draft.existing_mail == ExistingMail.CLOSED else _("As open tickets")
    if draft.start_at is None:
        return words
    return _("%(words)s, since %(day)s") % {"words": words, "day": formats.date_format(draft.start_at.date())}


_NOTES: dict[Step, Callable[[Mailbox], str]] = {
    Step.PROVIDER: _provider_note,
    Step.SIGN_IN: _sign_in_note,
    Step.TEST: _test_note,
    Step.IMPORT: _import_note,
    Step.ROUTING: lambda _draft: "",
}
