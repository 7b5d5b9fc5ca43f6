"""One line of the check list, and how lines about several mailboxes are judged."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from django.urls import reverse
from django.utils.translation import gettext as _

from helpdesk.accounts.capabilities import Capability, can
from helpdesk.accounts.models import Membership
from mailboxes.queries.mailbox_list import MailboxState

MAX_NAMED = 10


class State(StrEnum):
    """What a line says about its cause; the values are those of `.diag`."""

    CLEAR = "ok"  # it is not this
    CAUSE = "fail"  # it is this
    OPEN = "warn"  # it may be this


@dataclass(frozen=True)
class Link:
    """Where to go from a line."""

    words: str
    url: str


@dataclass(frozen=True)
class Line:
    """One cause."""

    code: str
    state: State
    title: str
    text: str = ""
    links: Sequence[Link] = ()
    is_live: bool = False  # it is being found out: ask again in a moment

    @property
    def mark(self) -> tuple[str, str]:
        """Its icon, and the same as a word."""
        return {
            State.CLEAR: ("check", _("Not the cause")),
            State.CAUSE: ("x", _("The cause")),
            State.OPEN: ("help", _("Possible")),
        }[self.state]


@dataclass(frozen=True)
class Reader:
    """Who reads the list: links lead only where they may go."""

    member: Membership

    def link(self, words: str, view: str, **args: object) -> list[Link]:
        """A link to a page of settings; none for who may not change them."""
        if not can(self.member, Capability.MANAGE_CHANNELS):
            return []
        return [Link(words, reverse(view, kwargs={"slug": self.member.organization.slug, **args}))]

    def links(self, boxes: Sequence[MailboxState], view: str) -> list[Link]:
        """A link to this page of each mailbox."""
        boxes = boxes[:MAX_NAMED]
        return [link for box in boxes for link in self.link(box.mailbox.name, view, mailbox_id=box.mailbox.pk)]


def judged(line: Line, hit: Sequence[MailboxState], of: Sequence[MailboxState]) -> Line:
    """The line as a cause if it holds for all mailboxes that can be meant; as possible if it holds for some of them."""
    if len(hit) == len(of):
        return line
    possible = _("If it was sent there: %(names)s.") % {"names": names(hit)}
    return replace(line, state=State.OPEN, text=f"{line.text} {possible}".strip())


def names(boxes: Sequence[MailboxState]) -> str:
    """The mailboxes by name, at most MAX_NAMED."""
    return joined(boxes, lambda box: box.mailbox.name, ", ")


def joined(boxes: Sequence[MailboxState], words: Callable[[MailboxState], str], between: str = " ") -> str:
    """What is said of each, at most MAX_NAMED of them."""
    said = [words(box) for box in boxes[:MAX_NAMED]]
    return between.join([*said, "…"] if len(boxes) > MAX_NAMED else said)
