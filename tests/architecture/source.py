"""The files of the repository as the house rules look at them."""

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CODE = ("helpdesk", "mailboxes", "ticketing")


@cache
def repository_files() -> tuple[Path, ...]:
    """Every file that git tracks or would add, relative to the root."""
    command = ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0")
    paths = (Path(name) for name in sorted(set(names)) if name)
    return tuple(path for path in paths if (ROOT / path).is_file())


def files_ending(*suffixes: str) -> list[Path]:
    """The files of the repository with one of these suffixes."""
    return [path for path in repository_files() if path.suffix in suffixes]


def product_code(*folders: str) -> list[Path]:
    """The Python files of the product, or of some of its folders, without migrations."""
    wanted = folders or CODE
    return [
        path
        for path in files_ending(".py")
        if path.as_posix().startswith(tuple(f"{folder}/" for folder in wanted)) and "migrations" not in path.parts
    ]


def text(path: Path) -> str:
    """What a file of the repository says; bytes that are not UTF-8 are replaced."""
    return (ROOT / path).read_text(errors="replace")


@cache
def tree(path: Path) -> ast.Module:
    """The syntax tree of a Python file."""
    return ast.parse(text(path), filename=str(path))


def imported_modules(path: Path) -> Iterator[tuple[int, str]]:
    """Line and full name of everything a Python file imports; `from a import b` counts as a.b."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((node.lineno, f"{node.module or ''}.{alias.name}") for alias in node.names)


def report(findings: list[str]) -> str:
    """The findings as the message of a failed assertion."""
    return "\n" + "\n".join(findings)
