"""Sending through a draft, over Graph and over Exchange Web Services: the mail, the mark, and what was left behind."""

from __future__ import annotations

from collections.abc import Sequence
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

from mailboxes.connectors.base import SendResult
from mailboxes.connectors.config import Timeouts
from tests.connectors.ews_worlds import EwsWorld
from tests.connectors.graph_worlds import GraphWorld
from tests.fakes.graph_mailbox import FakeItem

DraftWorld = GraphWorld | EwsWorld
QUICK = Timeouts(connect_s=5, read_s=0.5)
USER = "help@fernhollow.example"


class Marks(list[tuple[list[str], str]]):
    """What `before_data` was told."""

    def __call__(self, accepted: Sequence[str], *, handle: str = "") -> None:
        self.append((list(accepted), handle))


def reply(*, text: str = "Hello", attachments: Sequence[bytes] = (), logo: bytes = b"", **more: str) -> bytes:
    """An answer in a thread, as text and as HTML. more: fields of its header."""
    mail = EmailMessage(policy=SMTP)
    mail["From"] = "Help <help@fernhollow.example>"
    mail["To"] = "Bob <bob@y.example>"
    mail["Cc"] = "cat@y.example"
    mail["Subject"] = "Re: number 1"
    mail["Message-ID"] = "<r1@fernhollow.example>"
    mail["In-Reply-To"] = "<q1@y.example>"
    mail["References"] = "<q0@y.example> <q1@y.example>"
    for name, value in more.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(text)
    mail.add_alternative(f"<p>{text} <img src='cid:logo'></p>", subtype="html")
    if logo:
        html = mail.get_payload()[1]
        html.add_related(logo, "image", "png", cid="<logo>", filename="logo.png", disposition="inline")
    for number, content in enumerate(attachments):
        mail.add_attachment(content, maintype="application", subtype="pdf", filename=f"Anhänge {number}.pdf")
    return mail.as_bytes()


def send(
    world: DraftWorld,
    *,
    raw: bytes = b"",
    to: Sequence[str] = ("bob@y.example", "cat@y.example"),
    marks: Marks | None = None,
    earlier: str | None = None,
    timeouts: Timeouts = QUICK,
    **changes: Any,
) -> SendResult:
    """One attempt. changes: of the sender."""
    return world.sender(timeouts=timeouts, **changes).send(
        raw or reply(),
        mail_from=world.user,
        recipients=to,
        before_data=Marks() if marks is None else marks,
        earlier=earlier,
    )


def states(result: SendResult) -> set[str]:
    """The states of all recipients."""
    return {str(recipient.state) for recipient in result.recipients.values()}


def drafts(world: DraftWorld) -> list[FakeItem]:
    """What lies unsent."""
    return world.mailbox.held(world.mailbox.well_known["drafts"])
