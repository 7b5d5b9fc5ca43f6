"""Keeps `docs/requirements.md` true: `python -m tests.requirements_table` checks it, `--write` renews its tests.

A test names the rows it shows with `@pytest.mark.req("S4.35", "F33")`. The marks are read from the source, so that
nothing has to be imported and a test that cannot run still counts as written.
"""

import argparse
import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TABLE = ROOT / "docs" / "requirements.md"
FAILURE_REPORTS = 112  # F1 to F112
ROW = re.compile(r"^\| (?P<name>S\d+\.\d+) \| (?P<text>.*) \| (?P<state>[^|]*) \| (?P<tests>[^|]*) \|$")


@dataclass(frozen=True)
class Mark:
    """One row named by one test file."""

    row: str
    path: Path
    line: int


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    name: str
    text: str
    state: str  # "open" or "done"
    tests: str  # paths below tests/, joined by ", "


def main() -> int:
    """0 if the table is true, 1 after printing what is not."""
    parser = argparse.ArgumentParser(prog="python -m tests.requirements_table", description=__doc__)
    parser.add_argument("--write", action="store_true", help="renew the tests column")
    marks = list(read_marks(ROOT / "tests"))
    if parser.parse_args().write:
        TABLE.write_text(renewed(TABLE.read_text(), marks))
    text = TABLE.read_text()
    complaints = problems(text, marks)
    for complaint in complaints:
        print(complaint, file=sys.stderr)
    print(summary(read_rows(text), marks))
    return 1 if complaints else 0


def read_marks(folder: Path) -> Iterator[Mark]:
    """Every row that a test file in the folder names in a `req` mark.

    Raises: ValueError if a mark holds anything but literal strings.
    """
    for path in sorted(folder.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_bytes(), filename=str(path))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.req":
                for argument in node.args:
                    if not (isinstance(argument, ast.Constant) and isinstance(argument.value, str)):
                        raise ValueError(f"{path}:{node.lineno}: name the rows of a req mark as plain strings")
                    yield Mark(argument.value, path.relative_to(folder), node.lineno)


def read_rows(text: str) -> list[Row]:
    """The rows of the table, in its order."""
    return [Row(**match.groupdict()) for line in text.splitlines() if (match := ROW.match(line))]


def renewed(text: str, marks: list[Mark]) -> str:
    """The table with the tests column as the marks have it; nothing else is touched."""
    tests = tests_by_row(marks)

    def line(old: str) -> str:
        match = ROW.match(old)
        if match is None:
            return old
        return f"| {match['name']} | {match['text']} | {match['state']} | {tests.get(match['name'], '')} |"

    return "\n".join(line(old) for old in text.split("\n"))


def problems(text: str, marks: list[Mark]) -> list[str]:
    """What is wrong with the table or the marks, a sentence each."""
    rows = read_rows(text)
    known = {row.name for row in rows} | {f"F{number}" for number in range(1, FAILURE_REPORTS + 1)}
    shown = tests_by_row(marks)
    return [
        *(f"tests/{mark.path}:{mark.line}: there is no row {mark.row}" for mark in marks if mark.row not in known),
        *(f"{row.name} is {row.state!r}; write open or done" for row in rows if row.state not in {"open", "done"}),
        *(f"{row.name} claims to be done, but no test names it" for row in rows if _claims_too_much(row, shown)),
        *(
            ["docs/requirements.md is not up to date; run: .venv/bin/python -m tests.requirements_table --write"]
            if renewed(text, marks) != text
            else []
        ),
    ]


def summary(rows: list[Row], marks: list[Mark]) -> str:
    """How much of the table is shown by tests."""
    named = {mark.row for mark in marks}
    tested = sum(row.name in named for row in rows)
    done = sum(row.state == "done" for row in rows)
    reports = sum(name.startswith("F") for name in named)
    return (
        f"{tested} of {len(rows)} rows have a test, {done} claimed done; "
        f"{reports} of {FAILURE_REPORTS} failure reports have a test."
    )


def tests_by_row(marks: list[Mark]) -> dict[str, str]:
    """For each named row the test files, as the table shows them."""
    files: dict[str, set[str]] = {}
    for mark in marks:
        files.setdefault(mark.row, set()).add(mark.path.as_posix())
    return {row: ", ".join(sorted(paths)) for row, paths in files.items()}


def _claims_too_much(row: Row, shown: dict[str, str]) -> bool:
    return row.state == "done" and row.name not in shown


if __name__ == "__main__":
    sys.exit(main())
