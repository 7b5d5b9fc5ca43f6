"""Reading the sandbox customers' inbox, and writing as one of them."""

from __future__ import annotations

import smtplib
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, getaddresses, make_msgid

from django.conf import settings

from helpdesk.env import env
from helpdesk.lib import clock
from helpdesk.sandbox.accounts import CUSTOMERS_HOME, SUPPORT, Sandbox

MAX_SHOWN = 100


@dataclass(frozen=True)
class CustomerMail:
    """A mail in the customers' inbox, as far as the page shows it."""

    key: str
    subject: str
    sender: str
    recipients: str
    to: tuple[str, str]  # name and address of whom it is to first
    arrived_at: datetime
    text: str
    files: tuple[str, ...]
    message_id: str  # with brackets
    references: str
    reply_to: str


def sandbox() -> Sandbox:
    """The sandbox of this installation."""
    return Sandbox(settings.DATA_DIR / "sandbox")


def mails() -> list[CustomerMail]:
    """The newest mails first, at most 100."""
    inbox = sandbox().maildir(CUSTOMERS_HOME)
    found = [(inbox.get_message(key).get_date(), key) for key in inbox.keys()]  # noqa: SIM118  a Maildir is no dict
    newest = sorted(found, reverse=True)[:MAX_SHOWN]
    return [_read(key, inbox.get_bytes(key), arrived) for arrived, key in newest]


def mail(key: str) -> CustomerMail | None:
    """The mail with this key, or None."""
    inbox = sandbox().maildir(CUSTOMERS_HOME)
    try:
        return _read(key, inbox.get_bytes(key), inbox.get_message(key).get_date())
    except KeyError:
        return None


def _read(key: str, content: bytes, arrived: float) -> CustomerMail:
    parsed = message_from_bytes(content, policy=policy.default)
    body = parsed.get_body(("plain", "html"))
    to = next(iter(getaddresses([str(parsed["to"] or "")])), ("", ""))
    return CustomerMail(
        key=key,
        subject=str(parsed["subject"] or ""),
        sender=str(parsed["from"] or ""),
        recipients=", ".join(str(parsed[name]) for name in ("to", "cc") if parsed[name]),
        to=to,
        arrived_at=datetime.fromtimestamp(arrived, UTC),
        text=body.get_content() if body is not None else "",
        files=tuple(part.get_filename() or "file" for part in parsed.iter_attachments()),
        message_id=str(parsed["message-id"] or ""),
        references=str(parsed["references"] or ""),
        reply_to=str(parsed["reply-to"] or parsed["from"] or SUPPORT),
    )


def write(*, name: str, address: str, subject: str, text: str, answers: CustomerMail | None = None) -> None:
    """The customer's mail was handed to the sandbox's server. Raises OSError when it does not answer."""
    local, _, domain = address.partition("@")
    mail = EmailMessage()
    mail["From"] = Address(name, local, domain)
    mail["To"] = answers.reply_to if answers else SUPPORT
    mail["Subject"] = subject
    mail["Date"] = format_datetime(clock.now())
    mail["Message-ID"] = make_msgid(domain=domain)
    if answers:
        mail["In-Reply-To"] = answers.message_id
        mail["References"] = f"{answers.references} {answers.message_id}".strip()
        quoted = "\n".join(f"> {line}" for line in answers.text.splitlines())
        text = f"{text}\n\n{answers.sender} wrote:\n{quoted}\n"
    mail.set_content(text)
    with smtplib.SMTP("127.0.0.1", env.int("SANDBOX_SMTP_PORT"), timeout=10) as server:
        server.send_message(mail)
