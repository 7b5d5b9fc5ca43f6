"""The demo's way of a mail, walked without a browser: in, ticket, reply out, arrival. Prints counts and seconds."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from email import message_from_bytes
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urljoin

import requests

from helpdesk.lib import clock
from helpdesk.running import programs
from helpdesk.running.supervisor import Supervisor
from helpdesk.sandbox.accounts import CUSTOMERS_HOME
from helpdesk.sandbox.mails import sample_mails

if TYPE_CHECKING:
    from helpdesk.running.demo import Demo

REPLY_WITHIN_S = 60.0
T = TypeVar("T")
_MARK = "Postroom demo check: the answer"


class LegFailed(Exception):
    """One leg of the way did not get there in time; the message says what was seen instead."""


def walk(demo: Demo, all_of: Supervisor, *, say: Callable[[str], None], tickets_within_s: float) -> int:
    """Every leg was walked and its count and seconds printed; 0 if all arrived in time, else 1.

    tickets_within_s: from now, when the demo is ready, for both legs up to the tickets together.
    """
    way = _Way(demo, all_of, tickets_by=clock.monotonic() + tickets_within_s)
    legs: list[tuple[str, Callable[[], str]]] = [
        ("mail in", way.mail_in),
        ("tickets", way.tickets),
        ("reply out", way.reply),
        ("arrival", way.arrival),
    ]
    for name, leg in legs:
        began = clock.monotonic()
        try:
            seen = leg()
        except (LegFailed, programs.CannotStart, requests.RequestException) as problem:
            say(f"{name:10} FAILED after {clock.monotonic() - began:5.1f} s: {problem}")
            return 1
        say(f"{name:10} {clock.monotonic() - began:5.1f} s  {seen}")
    return 0


class _Way:
    def __init__(self, demo: Demo, all_of: Supervisor, *, tickets_by: float) -> None:
        self._demo = demo
        self._all_of = all_of
        self._expected = len(sample_mails())
        self._tickets_by = tickets_by
        self._browser = requests.Session()
        self._browser.trust_env = False  # the way is on loopback, whatever proxy this machine has

    def mail_in(self) -> str:
        """All sample mails have been fetched and stored."""
        rows = self._until(self._log, lambda rows: len(rows) >= self._expected, self._tickets_by)
        return f"{len(rows)} of {self._expected} sample mails in the inbound log"

    def tickets(self) -> str:
        """Every one has its verdict, and none failed."""
        rows = self._until(self._log, lambda rows: all(row["outcome"] != "pending" for row in rows), self._tickets_by)
        failed = [row for row in rows if row["outcome"] == "failed"]
        if failed:
            raise LegFailed(f"{len(failed)} mails failed: {failed[0]['reason']}")
        tickets = {row["ticket"] for row in rows if row["ticket"]}
        return f"{len(tickets)} tickets from {len(rows)} mails"

    def reply(self) -> str:
        """A reply to the first ticket was written through its page, as a person would."""
        self._sign_in()
        number = min(int(str(row["ticket"])) for row in self._log() if row["ticket"])
        page = self._get(f"/o/demo/tickets/{number}/")
        action = re.search(r'<form[^>]+data-composer[^>]*action="([^"]+)"', page.text)
        if action is None:
            raise LegFailed(f"the page of ticket #{number} has no composer")
        fields = _hidden_fields(page.text) | {"html": f"<p>{_MARK}</p>", "csrfmiddlewaretoken": self._csrf(page.text)}
        answer = self._post(action.group(1), fields)
        if answer.status_code >= 400:
            raise LegFailed(f"the reply was answered with {answer.status_code}")
        return f"ticket #{number} answered in the web pages"

    def arrival(self) -> str:
        """The reply lies in the customer's inbox."""
        self._until(self._arrived, bool, clock.monotonic() + REPLY_WITHIN_S)
        return "the reply lies in the customer's inbox"

    def _arrived(self) -> bool:
        inbox = self._demo.sandbox.maildir(CUSTOMERS_HOME)
        for key in inbox.keys():  # noqa: SIM118  a Maildir is no dict
            mail = message_from_bytes(inbox.get_bytes(key))
            bodies = (part.get_payload(decode=True) for part in mail.walk() if not part.is_multipart())
            if any(isinstance(body, bytes) and _MARK.encode() in body for body in bodies):
                return True
        return False

    def _log(self) -> list[dict[str, object]]:
        printed = programs.manage("inbound_log", "--organization", "demo", environment=self._demo.environment)
        return [json.loads(line) for line in printed.splitlines() if line.strip()]

    def _until(self, look: Callable[[], T], is_enough: Callable[[T], bool], by: float) -> T:
        """What was seen when it was enough, in time; `by` is on the monotonic clock."""
        while True:
            seen = look()
            is_late = clock.monotonic() > by
            if is_enough(seen) and not is_late:
                return seen
            if is_late or self._all_of.is_stopping:
                raise LegFailed(f"not in time; seen: {str(seen)[:300]}")
            self._all_of.watch(until=_after(0.5))

    def _sign_in(self) -> None:
        page = self._get("/accounts/login/")
        fields = {
            "login": "owner@demo.test",
            "password": self._demo.owner_password(),
            "csrfmiddlewaretoken": self._csrf(page.text),
        }
        if "sessionid" not in self._browser.cookies and self._post("/accounts/login/", fields).status_code >= 400:
            raise LegFailed("the owner could not sign in")

    def _get(self, path: str) -> requests.Response:
        answer = self._browser.get(urljoin(self._demo.address, path), timeout=30)
        if answer.status_code >= 400:
            raise LegFailed(f"{path} answered {answer.status_code}")
        return answer

    def _post(self, path: str, fields: dict[str, str]) -> requests.Response:
        address = urljoin(self._demo.address, path)
        return self._browser.post(address, data=fields, headers={"Referer": address}, timeout=30)

    @staticmethod
    def _csrf(html: str) -> str:
        found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', html)
        if found is None:
            raise LegFailed("the page has no form")
        return found.group(1)


def _after(seconds: float) -> Callable[[], bool]:
    ends_at = clock.monotonic() + seconds
    return lambda: clock.monotonic() > ends_at


def _hidden_fields(html: str) -> dict[str, str]:
    """What the composer's form would send by itself: names and values of its hidden inputs."""
    form = html.split("data-composer", 1)[1].split("</form>", 1)[0]
    inputs = re.findall(r'<input[^>]+type="hidden"[^>]*>', form)
    pairs = ((re.search(r'name="([^"]*)"', text), re.search(r'value="([^"]*)"', text)) for text in inputs)
    return {name.group(1): value.group(1) if value else "" for name, value in pairs if name}
