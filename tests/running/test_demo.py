"""The demonstration as `make demo` and `make demo-check` start it: a whole world in processes of its own."""

from __future__ import annotations

import os
import re
import signal
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_bytes, policy
from pathlib import Path
from stat import S_IMODE
from types import SimpleNamespace
from typing import Any

import pytest
import requests
from django.test import Client
from imapclient import IMAPClient

from helpdesk.running import demo as demo_module
from helpdesk.running import demo_check
from helpdesk.running.demo import Demo
from helpdesk.sandbox import inbox
from helpdesk.sandbox.accounts import PASSWORD, SUPPORT
from helpdesk.sandbox.mails import sample_mails
from tests.servers.ports import free_port, is_listening
from tests.servers.waiting import wait_until

ROOT = Path(__file__).resolve().parents[2]
LEGS = ["mail in", "tickets", "reply out", "arrival"]
# What somebody has set for an installation on the same machine.
OF_AN_INSTALLATION = {
    "ALLOWED_HOSTS": "helpdesk.example.com",
    "BASE_URL": "https://helpdesk.example.com",
    "BEHIND_PROXY": "yes",
    "CACHE_URL": "redis://127.0.0.1:1/0",
    "DATABASE_URL": "postgres://a:b@127.0.0.1:1/c",
    "DATABASE_URL_FILE": "/nowhere/url",
    "MAIL_DOMAIN": "in.example.com",
    "PUBLIC_URL": "http://helpdesk.example.com",
}


@dataclass
class Shown:
    """A running demonstration and somebody signed in to it."""

    demo: Demo
    address: str
    browser: requests.Session

    def page(self, path: str) -> str:
        """What the page says."""
        answer = self.browser.get(self.address + path, timeout=30)
        assert answer.status_code == 200, (path, answer.status_code)
        return answer.text

    def write_as_customer(self, text: str) -> str:
        """What the page says once a new mail was sent."""
        path = self.address + "sandbox/new/"
        fields = {"name": "Amara", "address": "amara@larkmoor.test", "subject": "New", "text": text}
        fields["csrfmiddlewaretoken"] = token_of(self.page("sandbox/new/"))
        return self.browser.post(path, data=fields, headers={"Referer": path}, timeout=30).text

    def numbers(self) -> set[str]:
        """The tickets in the view of all that is open."""
        return set(re.findall(r"/o/demo/tickets/(\d+)/", self.page("o/demo/views/all-open/")))


def _web_port() -> int:
    """A port whose two neighbours, which the sandbox takes, are free as well, and below those of clients."""
    while True:
        port = free_port()
        if port < 28_000 and not any(is_listening(beside) for beside in (port + 3025, port + 3143)):
            return port


@contextmanager
def demonstration(folder: Path, environment: dict[str, str]) -> Iterator[Shown]:
    """It was started and says that it is ready; at the end Ctrl-C has ended it and all it started."""
    port = _web_port()
    command = (sys.executable, "-m", "helpdesk.running.demo", "--port", str(port))
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment | {"DATA_DIR": str(folder)}, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(3)]
        assert lines[0] == "ready\n", lines
        found = re.fullmatch(r"Open (\S+)  and sign in as (\S+) with the password (\S+)\n", lines[1])
        assert found is not None, lines
        demo = Demo(folder, port, port + 3143, port + 3025)
        yield Shown(demo, found[1], signed_in(found[1], email=found[2], password=found[3]))
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
        assert "All parts have ended." in process.stdout.read()
    finally:
        process.kill()
        process.wait()
        process.stdout.close()  # type: ignore[union-attr]  # it was asked for
    assert left_of(folder) == []


def signed_in(address: str, *, email: str, password: str) -> requests.Session:
    browser = requests.Session()
    browser.trust_env = False
    token = token_of(browser.get(f"{address}accounts/login/", timeout=30).text)
    fields = {"login": email, "password": password, "csrfmiddlewaretoken": token}
    browser.post(f"{address}accounts/login/", data=fields, headers={"Referer": address}, timeout=30)
    return browser


def token_of(form: str) -> str:
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', form)
    assert found is not None
    return found[1]


def left_of(folder: Path) -> list[str]:
    """The processes that work on this folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            is_one = str(folder).encode() in process.joinpath("environ").read_bytes()
            found += [process.joinpath("cmdline").read_text()] if is_one else []
        except OSError:  # it ended meanwhile
            continue
    return [command for command in found if command]


def assert_every_leg_is_walked(demo: Demo) -> None:
    """The check of the demonstration finds that mail comes in, becomes tickets, is answered and arrives."""
    said: list[str] = []
    keeper: Any = SimpleNamespace(is_stopping=False, watch=lambda until: wait_until(until))
    assert demo_check.walk(demo, keeper, say=said.append, tickets_within_s=60) == 0, said
    assert legs_of(said) == LEGS
    assert subjects_in_order(demo) == [
        message_from_bytes(mail, policy=policy.default)["subject"] for mail in sample_mails()
    ]


def subjects_in_order(demo: Demo) -> list[str | None]:
    """Of the first mails of the desk, by their numbers."""
    with IMAPClient("127.0.0.1", demo.imap_port, ssl=False) as desk:
        desk.login(SUPPORT, PASSWORD)
        desk.select_folder("INBOX", readonly=True)
        found = desk.fetch(desk.search(), ["BODY.PEEK[HEADER]"])
    heads = [message_from_bytes(found[uid][b"BODY[HEADER]"], policy=policy.default) for uid in sorted(found)]
    return [head["subject"] for head in heads[: len(sample_mails())]]


def legs_of(lines: list[str]) -> list[str]:
    found = [re.fullmatch(r"(.{10})  *\d+\.\d s  .+", line) for line in lines]
    return [leg[1].strip() for leg in found if leg]


@pytest.fixture
def shell() -> dict[str, str]:
    """The environment of somebody's shell, who runs an installation, too; nothing of the tests is in it."""
    kept = ("PATH", "HOME", "LANG", "TMPDIR")
    return {name: os.environ[name] for name in kept if name in os.environ} | OF_AN_INSTALLATION


@pytest.mark.servers
def test_one_command_shows_tickets_from_mail_ends_with_ctrl_c_and_keeps_its_data(
    tmp_path: Path, shell: dict[str, str]
) -> None:
    folder = tmp_path / "demo"
    with demonstration(folder, shell) as first:
        wait_until(lambda: len(first.numbers()) >= 10, timeout_s=60)
        assert_every_leg_is_walked(first.demo)
        numbers = first.numbers()
        assert "/sandbox/new/" in first.page("sandbox/")
        assert S_IMODE((folder / "keys.env").stat().st_mode) == 0o600
    with demonstration(folder, shell) as second:
        assert second.numbers() == numbers
        assert "Sent. The support desk fetches it" in second.write_as_customer("Is the shop open on Sunday?")
        wait_until(lambda: len(second.numbers()) > len(numbers), timeout_s=60)


@pytest.mark.django_db
def test_only_a_demonstration_shows_the_customers_inbox(client: Client) -> None:
    assert client.get("/sandbox/").status_code == 404


@pytest.mark.django_db
def test_an_answer_as_the_customer_is_from_whom_the_mail_was_to(
    client: Client, settings: Any, tmp_path: Path, django_user_model: Any
) -> None:
    settings.ROOT_URLCONF, settings.DATA_DIR = "tests.demo_urls", tmp_path
    mail = b"From: support@demo.test\r\nTo: Sunniva Holt <sunniva@holt.test>\r\nSubject: Parcels\r\n\r\nIt is here.\r\n"
    inbox.sandbox().deliver("sunniva@holt.test", mail)
    client.force_login(django_user_model.objects.create_user("owner@demo.test", "password"))
    page = client.get(f"/sandbox/mails/{inbox.mails()[0].key}/").content.decode()
    assert [f'value="{value}"' in page for value in ("Sunniva Holt", "sunniva@holt.test", "Re: Parcels")] == [True] * 3


# `make demo-check` gives the tickets twenty seconds; here all other tests run beside it.
@pytest.mark.long
@pytest.mark.servers
def test_the_check_walks_every_leg_and_says_so(shell: dict[str, str]) -> None:
    command = (sys.executable, "-m", "helpdesk.running.demo", "--check", "--within", "60")
    done = subprocess.run(command, cwd=ROOT, env=shell, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    assert legs_of(done.stdout.splitlines()) == LEGS


@pytest.mark.parametrize(("code", "said"), [(0, ["it arrived"]), (1, ["nothing came"])])
def test_the_check_is_a_demonstration_in_a_folder_that_is_thrown_away(
    code: int, said: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made: list[Demo] = []
    nobody: Any = None

    def run(demo: Demo, *, then: Callable[[Any], int]) -> int:
        made.append(demo)
        assert demo.folder.is_dir()
        return then(nobody)

    def walk(_demo: Demo, _all_of: Any, *, say: Callable[[str], None], tickets_within_s: float) -> int:
        assert tickets_within_s == 20
        say(said[0])
        return code

    monkeypatch.setattr(demo_module, "run", run)
    monkeypatch.setattr(demo_check, "walk", walk)
    monkeypatch.setattr(sys, "argv", ["demo", "--check"])
    assert demo_module.main() == code
    assert capsys.readouterr().out.splitlines() == said
    [demo] = made
    assert not demo.folder.exists()
    assert len({demo.web_port, demo.imap_port, demo.smtp_port}) == 3


def test_the_two_legs_up_to_the_tickets_share_the_seconds_that_they_have(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hurried = iter([19.0, 21.0])  # the mail is in, and the tickets come too late
    monkeypatch.setattr(demo_check, "clock", SimpleNamespace(monotonic=lambda: next(hurried)))
    nobody: Any = None
    way = demo_check._Way(Demo(tmp_path, 1, 2, 3), nobody, tickets_by=20.0)
    rows = [{"outcome": "ticket_opened", "reason": "", "ticket": 1}] * len(sample_mails())
    monkeypatch.setattr(way, "_log", lambda: rows)
    assert "sample mails" in way.mail_in()
    with pytest.raises(demo_check.LegFailed, match="not in time"):
        way.tickets()


@pytest.mark.parametrize("leg", ["mail_in", "tickets", "reply", "arrival"])
def test_the_check_fails_with_the_leg_that_fails(leg: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def arrives(_way: Any) -> str:
        return "as it should"

    def gets_lost(_way: Any) -> str:
        raise demo_check.LegFailed("nothing came")

    for name in ("mail_in", "tickets", "reply", "arrival"):
        monkeypatch.setattr(demo_check._Way, name, gets_lost if name == leg else arrives)
    said: list[str] = []
    nobody: Any = None
    assert demo_check.walk(Demo(tmp_path, 1, 2, 3), nobody, say=said.append, tickets_within_s=20) == 1
    assert "FAILED" in said[-1]
    assert "nothing came" in said[-1]


def test_the_pictures_in_the_sample_mails_are_whole() -> None:
    mails = [message_from_bytes(mail, policy=policy.default) for mail in sample_mails()]
    pictures = [part.get_content() for mail in mails for part in mail.walk() if part.get_content_type() == "image/png"]
    for picture in pictures:
        width, height = struct.unpack(">II", picture[16:24])
        content = picture[picture.index(b"IDAT") + 4 : picture.index(b"IEND") - 8]
        assert len(zlib.decompress(content)) == height * (1 + 3 * width)
    assert len(pictures) == 2
