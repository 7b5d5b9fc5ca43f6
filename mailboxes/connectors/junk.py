"""What is looked for in the folder for spam: mails of one sender, of some days. Nothing is changed there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import idna

from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.connectors.wire import refuse_control_characters

MAX_FOUND = 5  # told of one look
_MAX_CHARS = 320


@dataclass(frozen=True)
class JunkQuery:
    """Which mails."""

    sender: str  # an address
    since: datetime  # aware
    before: datetime  # aware

    def spellings(self) -> list[str]:
        """The address in every way a server may keep it, lower-cased, one of ASCII first; at most three.

        Raises ConnectorError BAD_ARGUMENT for what is no address, or holds what a command cannot.
        """
        refuse_control_characters(self.sender)
        local, at, domain = self.sender.strip().lower().rpartition("@")
        if not at or not local or not domain or len(self.sender) > _MAX_CHARS:
            raise ConnectorError(Reason.BAD_ARGUMENT, permanent=True)
        return list(dict.fromkeys(f"{local}@{each}" for each in (*_domains(domain), domain)))


@dataclass(frozen=True)
class JunkMail:
    """One of them."""

    received_at: datetime | None  # None: the server does not tell
    subject: str


@dataclass(frozen=True)
class JunkFound:
    """What lies there."""

    folder: str  # as the account calls it
    mails: tuple[JunkMail, ...] = ()  # the newest first, at most MAX_FOUND
    has_more: bool = False


def found_in(folder: str, mails: list[JunkMail]) -> JunkFound:
    """As many as are told. mails: the newest first."""
    return JunkFound(folder, tuple(mails[:MAX_FOUND]), has_more=len(mails) > MAX_FOUND)


def _domains(domain: str) -> list[str]:
    """As it travels, and as people write it."""
    try:
        plain = domain if domain.isascii() else idna.encode(domain, uts46=True).decode("ascii")
        return [plain, idna.decode(plain)]
    except idna.IDNAError:
        return []
