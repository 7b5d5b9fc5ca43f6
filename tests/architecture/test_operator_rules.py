"""Rules about what operators touch: every setting is explained, every command speaks JSON and fails in one line."""

import re
from pathlib import Path

import pytest
from django.core.management import get_commands, load_command_class

from helpdesk.running.commands import OperatorCommand
from tests.architecture.source import product_code, report, text

HELPERS = "|".join(re.findall(r"^def ([a-z]\w*)\(name: str", text(Path("helpdesk/env.py")), re.MULTILINE))
SETTING = re.compile(rf'\b(?:(?:{HELPERS}|env|env\.\w+|environ\.get)\(|environ\[)\s*"([A-Z][A-Z0-9_]+)"')
COMPOSE_VARIABLE = re.compile(r"\$\{([A-Z][A-Z0-9_]+)")
INTERNAL = {"POSTROOM_TEST", "POSTROOM_FAULT"}  # of tests; no operator sets them
OWN = sorted(
    name for name, app in get_commands().items() if app.split(".")[0] in {"helpdesk", "mailboxes", "ticketing"}
)


def test_every_setting_is_explained_in_the_example() -> None:
    explained = set(re.findall(r"^#? ?([A-Z][A-Z0-9_]+)=", text(Path(".env.example")), re.MULTILINE))
    found = {(path.as_posix(), name) for path in product_code() for name in SETTING.findall(text(path))} | {
        ("docker-compose.yml", name) for name in COMPOSE_VARIABLE.findall(text(Path("docker-compose.yml")))
    }
    findings = [
        f"{path}: {name} is not in .env.example" for path, name in sorted(found) if name not in explained | INTERNAL
    ]
    assert {"MAIL_DOMAIN", "SANDBOX_SMTP_PORT", "SPAM_DAEMON_URL", "WORKER_THREADS"} <= {name for _, name in found}
    assert not findings, report(findings)


def test_compose_hands_on_every_setting_that_the_example_sets() -> None:
    offered = re.findall(r"^([A-Z][A-Z0-9_]+)=", text(Path(".env.example")), re.MULTILINE)
    handed_on = COMPOSE_VARIABLE.findall(text(Path("docker-compose.yml")))
    findings = [f"docker-compose.yml: {name} has no effect there" for name in offered if name not in handed_on]
    assert len(offered) > 20
    assert not findings, report(findings)


@pytest.mark.parametrize("name", [name for name in OWN if name != "migrate"])
def test_every_command_fails_in_one_line_and_speaks_json(name: str) -> None:
    command = load_command_class(get_commands()[name], name)
    assert isinstance(command, OperatorCommand)
    assert "--json" in command.create_parser("manage.py", name).format_help()


@pytest.mark.parametrize("name", OWN)
def test_every_command_is_in_the_manual(name: str) -> None:
    commands = text(Path("docs/operations.md")).partition("## Commands")[2].partition("## ")[0]
    assert re.search(rf"`{name}\b", commands), f"docs/operations.md does not name {name} under Commands"
