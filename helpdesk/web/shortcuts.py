"""The keyboard map as the shortcuts dialog shows it. Each key works through `data-key` on what it presses."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Shortcut:
    """A key, or keys in order, and what it does."""

    keys: tuple[str, ...]
    does: Promise


SHORTCUTS: tuple[tuple[Promise, tuple[Shortcut, ...]], ...] = (
    (
        _("Anywhere"),
        (
            Shortcut(("Mod", "K"), _("Search or jump to")),
            Shortcut(("/",), _("Search this view")),
            Shortcut(("G", "N"), _("Needs reply")),
            Shortcut(("G", "M"), _("Mine")),
            Shortcut(("G", "U"), _("Unassigned")),
            Shortcut(("G", "B"), _("Mailboxes")),
            Shortcut(("?",), _("This list")),
            Shortcut(("Esc",), _("Close, clear, back")),
        ),
    ),
    (
        _("List"),
        (
            Shortcut(("J",), _("Next")),
            Shortcut(("K",), _("Previous")),
            Shortcut(("↵",), _("Open")),
            Shortcut(("X",), _("Select")),
            Shortcut(("Shift", "X"), _("Select up to here")),
            Shortcut(("Mod", "A"), _("Select all in view")),
            Shortcut(("A",), _("Assign")),
            Shortcut(("E",), _("Solve")),
            Shortcut(("T",), _("Tag")),
            Shortcut(("R",), _("Reply to the ticket in the preview")),
            Shortcut(("N",), _("Note on the ticket in the preview")),
            Shortcut(("I",), _("Take the ticket in the preview")),
        ),
    ),
    (
        _("Ticket"),
        (
            Shortcut(("R",), _("Reply")),
            Shortcut(("N",), _("Note")),
            Shortcut(("F",), _("Forward")),
            Shortcut(("I",), _("Take it")),
            Shortcut(("A",), _("Assign")),
            Shortcut(("S",), _("Status")),
            Shortcut(("P",), _("Priority")),
            Shortcut(("T",), _("Tag")),
            Shortcut(("E",), _("Solve")),
            Shortcut(("J",), _("Next ticket")),
            Shortcut(("K",), _("Previous ticket")),
            Shortcut((".",), _("New messages")),
            Shortcut(("D",), _("Details")),
        ),
    ),
    (
        _("Writing"),
        (
            Shortcut(("Mod", "↵"), _("Send with the shown status")),
            Shortcut(("Mod", "Shift", "↵"), _("Send and solve")),
            Shortcut(("/",), _("Canned reply, on an empty line")),
            Shortcut(("Mod", "B"), _("Bold")),
            Shortcut(("Mod", "I"), _("Italic")),
            Shortcut(("Mod", "K"), _("Link")),
            Shortcut(("Esc",), _("Leave the editor, keep the draft")),
        ),
    ),
    (
        _("Inbound log"),
        (
            Shortcut(("J",), _("Next message")),
            Shortcut(("K",), _("Previous message")),
            Shortcut(("↵",), _("Details")),
            Shortcut(("Y",), _("Retry")),
        ),
    ),
)
