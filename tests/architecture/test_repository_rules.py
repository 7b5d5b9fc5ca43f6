"""Rules about every file: nothing of one machine, nothing that a package registry would have to answer."""

import re
from pathlib import Path

from tests.architecture.source import report, repository_files, text

# A home folder of a person, or a folder of a build machine; containers may have their own.
MACHINE_PATHS = re.compile(r"(?<![\w.~-])/(?:root|work|Users|opt/wheels|home/(?!postroom\b)\w+)/[\w.-]")
# Written apart so that this file is no finding itself.
REGISTRIES = [
    name.replace(" ", "")
    for name in (
        "pypi .org",
        "pythonhosted .org",
        "npmjs .org",
        "npmjs .com",
        "yarnpkg .com",
        "docker .io",
        "ghcr .io",
        "quay .io",
        "deb.debian .org",
    )
]
BINARY = {".png", ".jpg", ".gif", ".ico", ".webp", ".woff2", ".pdf", ".zip", ".dat", ".mo"}


def test_no_file_names_a_path_of_one_machine() -> None:
    assert not (findings := _lines_with(MACHINE_PATHS)), report(findings)


def test_no_file_names_a_package_registry() -> None:
    pattern = re.compile("|".join(re.escape(name) for name in REGISTRIES))
    assert not (findings := _lines_with(pattern)), report(findings)


def _lines_with(pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{path}:{number}: {match[0]!r} does not belong into the repository"
        for path in repository_files()
        if _is_ours(path)
        for number, line in enumerate(text(path).splitlines(), 1)
        if (match := pattern.search(line))
    ]


def _is_ours(path: Path) -> bool:
    """Sample mails quote the outside world."""
    return path.suffix not in BINARY | {".eml"}
