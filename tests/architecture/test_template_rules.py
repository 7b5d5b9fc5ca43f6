"""Rules about templates: what the content security policy would block, unsafe output, dead files."""

import re
from pathlib import Path

import pytest
from django.template.utils import get_app_template_dirs

from tests.architecture.source import files_ending, product_code, report, text

TAG = re.compile(r"<[a-zA-Z][^<>]*>", re.DOTALL)
TEMPLATE_CODE = re.compile(r"\{[%{#].*?[#%}]\}", re.DOTALL)
INLINE_STYLE = re.compile(r"\sstyle\s*=", re.IGNORECASE)
EVENT_ATTRIBUTE = re.compile(r"\son[a-z]+\s*=", re.IGNORECASE)
SCRIPT_WITHOUT_SOURCE = re.compile(r"<script\b(?![^>]*\bsrc=)", re.IGNORECASE)
UNSAFE_OUTPUT = re.compile(r"\|\s*safe\b|\{%\s*autoescape off")
TEMPLATES = Path("templates")


def templates() -> list[Path]:
    return [path for path in files_ending(".html", ".txt") if path.parts[0] == "templates"]


@pytest.mark.parametrize(
    ("pattern", "advice"),
    [
        (INLINE_STYLE, "the policy blocks inline style; use a class"),
        (EVENT_ATTRIBUTE, "the policy blocks on…= handlers; use a data attribute and a module"),
        (SCRIPT_WITHOUT_SOURCE, "the policy blocks inline scripts; use a module file"),
    ],
    ids=["style", "handler", "script"],
)
def test_templates_keep_to_the_content_security_policy(pattern: re.Pattern[str], advice: str) -> None:
    findings = [
        f"{path}:{source.count(chr(10), 0, tag.start()) + 1}: {tag[0][:80]!r}: {advice}"
        for path in templates()
        if path.suffix == ".html"
        for source in [_without_code(text(path))]
        for tag in TAG.finditer(source)
        if pattern.search(tag[0])
    ]
    assert not findings, report(findings)


def test_output_that_is_not_escaped_says_why() -> None:
    findings = [
        f"{path}:{number}: unescaped output; say on the line before in {{# … #}} what makes it safe"
        for path in templates()
        for lines in [text(path).splitlines()]
        for number, line in enumerate(lines, 1)
        if UNSAFE_OUTPUT.search(line) and "{#" not in line + (lines[number - 2] if number > 1 else "")
    ]
    assert not findings, report(findings)


def test_forms_say_in_place_what_is_wrong() -> None:
    findings = [
        f"{path}: browsers would refuse in words of their own; give the form `novalidate`"
        for path in templates()
        if "{% field " in text(path) and re.search(r"<form (?![^>]*novalidate)[^>]*method=\"post\"", text(path))
    ]
    assert not findings, report(findings)


def test_every_template_is_used() -> None:
    mentions = "\n".join(text(path) for path in [*product_code(), *templates()])
    findings = [
        f"{path}: nothing renders, extends or includes it; remove it"
        for path in templates()
        if not _is_named(path.relative_to(TEMPLATES).as_posix(), mentions) and not _replaces_another(path)
    ]
    assert not findings, report(findings)


def _is_named(name: str, mentions: str) -> bool:
    """By its own name, or as the part or page that goes with the other one of the pair."""
    folder, _, file = name.rpartition("/")
    page = f"{folder}/{file.removeprefix('_')}".lstrip("/")
    return any(f'"{candidate}"' in mentions or f"'{candidate}'" in mentions for candidate in (name, page))


def _replaces_another(path: Path) -> bool:
    """A template of Django or of an app under the same name, or one of Django's error pages."""
    name = path.relative_to(TEMPLATES)
    return bool(re.fullmatch(r"[45]\d\d(_csrf)?\.html", str(name))) or any(
        (Path(folder) / name).exists() for folder in get_app_template_dirs("templates")
    )


def _without_code(source: str) -> str:
    """Django's own tags blanked out, lines kept: `{% if a > b %}` would look like the end of an HTML tag."""
    return TEMPLATE_CODE.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), source)
