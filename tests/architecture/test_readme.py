"""The map in README.md: what it names is there, and every room and loose module of the house is named."""

from __future__ import annotations

import re
from fnmatch import fnmatch
from pathlib import Path

from tests.architecture.source import CODE, ROOT, report, text

README = Path("README.md")
PLUMBING = {"migrations", "management", "templatetags"}  # every Django app has these
LOOSE_PLUMBING = {"__init__.py", "apps.py", "urls.py", "public_urls.py", "rail.py", "signals.py", "audit_targets.py"}


def rows() -> list[tuple[list[str], list[str]]]:
    """The rows of the map: the folders a row is about, and the rooms and modules it names below them."""
    cells = [line.strip("|").split("|") for line in text(README).splitlines() if line.startswith("| ")]
    return [(_paths(cell[0]), _paths(cell[1])) for cell in cells if _paths(cell[0])]


def _paths(cell: str) -> list[str]:
    """What stands in a cell as code and is a folder, a module or a pattern of modules."""
    return [name for name in re.findall(r"`([^`\s]+)`", cell) if name.endswith(("/", ".py"))]


def named(folder: str) -> set[str]:
    """What the rows about this folder name."""
    return {name for places, names in rows() if f"{folder}/" in places for name in names}


def test_everything_the_map_names_is_there() -> None:
    places = [place for row, _ in rows() for place in row if not (ROOT / place).is_dir()]
    missing = [
        f"{row[0]}: {name}"
        for row, names in rows()
        for name in names
        if not any((ROOT / row[0]).rglob(name.strip("/")))
    ]
    assert not (findings := places + missing), report(findings)


def test_every_link_and_every_path_of_the_readme_leads_somewhere() -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", text(README))
    paths = re.findall(r"`((?:helpdesk|mailboxes|ticketing|tests|docs)/[^`*\s]+)`", text(README))
    assert not (findings := [path for path in links + paths if not (ROOT / path).exists()]), report(findings)


def test_every_room_is_on_the_map() -> None:
    findings = [
        f"{room.relative_to(ROOT)}: say in README.md what is in this room"
        for layer in CODE
        for room in (ROOT / layer).iterdir()
        if (room / "__init__.py").is_file() and room.name not in PLUMBING and f"{room.name}/" not in named(layer)
    ]
    assert not findings, report(findings)


def test_every_module_outside_a_room_is_on_the_map() -> None:
    findings = [
        f"{module.relative_to(ROOT)}: say in README.md what it is for, or put it into a room"
        for layer in ("mailboxes", "ticketing")
        for module in (ROOT / layer).glob("*.py")
        if module.name not in LOOSE_PLUMBING and not any(fnmatch(module.name, name) for name in named(layer))
    ]
    assert not findings, report(findings)
