"""The list of keys promises nothing that no key does."""

from __future__ import annotations

from pathlib import Path

from helpdesk.web.shortcuts import SHORTCUTS

# What modules of static/js listen for by themselves, or the browser does.
OF_MODULES = {"J", "K", "↵", "X", "Shift X", "Esc", "?"}
PLACES = [
    *Path("templates").rglob("*.html"),
    *(path for name in ("helpdesk", "mailboxes", "ticketing") for path in Path(name).rglob("*.py")),
]


def test_every_key_in_the_list_presses_something() -> None:
    source = "\n".join(path.read_text() for path in PLACES)
    promised = {" ".join(shortcut.keys) for _, group in SHORTCUTS for shortcut in group if "Mod" not in shortcut.keys}
    assert [keys for keys in sorted(promised - OF_MODULES) if f'key="{keys}"' not in source] == []
