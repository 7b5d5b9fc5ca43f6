"""A desk to sit at: the product on a free port, a real mail server for its mailbox, and a browser."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from email.message import EmailMessage
from email.policy import SMTP
from ipaddress import ip_network
from itertools import count
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from playwright.sync_api import BrowserContext, Page

from helpdesk.lib import clock
from helpdesk.tenancy import drains
from helpdesk.tenancy.models import WorkKind
from helpdesk.tenancy.scope import organization_scope
from tests.mailboxes.conftest import own_cache
from tests.servers.dovecot import Dovecot
from tests.servers.smtp import SmtpServer
from tests.web.conftest import quiet_page

__all__ = ["own_cache", "quiet_page"]

_users = count(1)
PASSWORD = "correct horse battery"
# A page in the look that leaves it the least room; the other is for the long run. What pages are made of is looked at
# in all looks by tests/web/test_gallery.py, and the pages of every day in both by test_whole_path.
LOOKS = pytest.mark.parametrize(
    ("scheme", "width"), [("dark", 390), pytest.param("light", 1440, marks=pytest.mark.long)]
)
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}


@dataclass
class Desk:
    """The servers around the product, and what its workers would do."""

    url: str
    dovecot: Dovecot
    smtp: SmtpServer
    user: str

    def write(
        self,
        subject: str,
        text: str,
        *,
        sender: str = "amara@larkmoor.test",
        html: str = "",
        answers: str = "",
        attached: tuple[str, bytes] | None = None,
    ) -> None:
        """A customer's mail lies in the mailbox.

        answers: the Message-ID it answers, with its brackets. attached: name and content of a file.
        """
        mail = EmailMessage(policy=SMTP)
        mail["From"] = f"Amara Okoye <{sender}>"
        mail["To"] = f"{self.user}@fernhollow.test"
        mail["Subject"] = subject
        mail["Message-ID"] = f"<{next(_users)}.{self.user}@larkmoor.test>"
        if answers:
            mail["In-Reply-To"] = mail["References"] = answers
        mail.set_content(text)
        if html:
            mail.add_alternative(html, subtype="html")
        if attached:
            name, content = attached
            mail.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
        self.dovecot.deliver(self.user, mail.as_bytes())

    def work(self, *kinds: WorkKind, later_s: float = 0.0) -> None:
        """The workers have done what is due, `later_s` seconds from now."""
        with clock.held_at(clock.now() + timedelta(seconds=later_s)):
            for kind in kinds:
                drains.drain_now(kind, budget_s=60)


@pytest.fixture
def desk(
    own_cache: None, quiet_server: Any, dovecot: Dovecot, smtp_server: SmtpServer, settings: Any, tmp_path: Any
) -> Desk:
    """The product with a fresh account on the mail server."""
    settings.MAIL_ALLOWED_NETWORKS = (ip_network("127.0.0.0/8"), ip_network("::1"))
    settings.MAIL_ALLOWED_PORTS = frozenset(range(1024, 65536))
    settings.MAIL_CA_FILE = str(dovecot.ca_path)
    settings.MEDIA_ROOT = tmp_path / "files"
    settings.BASE_URL = quiet_server.url
    user = f"browser{next(_users)}"
    dovecot.add_user(user, "mailbox-password")
    smtp_server.behave(users={user: "mailbox-password"})
    return Desk(url=quiet_server.url, dovecot=dovecot, smtp=smtp_server, user=user)


@dataclass
class Office:
    """Fernhollow with its people, without a mail server: for what an agent does all day."""

    url: str  # of the organization, with the slash
    organization: Any
    people: Any
    within: Callable[[], AbstractContextManager[None]]  # the organization's scope

    def sign_in(self, context: BrowserContext, member: Any) -> None:
        """Pages of this browser are the member's."""
        client = Client()
        client.force_login(member.user)
        cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": self.url.split("/o/")[0]}
        context.add_cookies([cookie])  # type: ignore[list-item]  # a plain dict; playwright names its keys in a type of its own


@pytest.fixture
def office(own_cache: None, quiet_server: Any, people: Any, fernhollow: Any, settings: Any, tmp_path: Any) -> Any:
    """An office that stands; who signs in is for the test to say."""
    settings.MEDIA_ROOT = tmp_path / "files"
    settings.BASE_URL = quiet_server.url
    return Office(
        url=f"{quiet_server.url}/o/fernhollow/",
        organization=fernhollow,
        people=people,
        within=lambda: organization_scope(fernhollow.id),
    )


def violations(page: Page) -> list[str]:
    """What axe finds on the page, one line each, once its colours have stopped changing."""
    page.evaluate(
        "Promise.all(document.getAnimations().filter((each) => each instanceof CSSTransition)"
        ".map((each) => each.finished.catch(() => null)))"
    )
    found = Axe().run(page, options=RULES).response["violations"]
    return [f"{rule['id']}: {node['html'][:120]}" for rule in found for node in rule["nodes"]]
