r"""Whose mailbox is read and sent from, where whoever signs in may open more than one.

Exchange finds mailboxes by address: a shared one is entered as such, or stands at the end of the user name,
`DOMAIN\user\alias`. An alias that is no address stands for the address of the mailbox.
"""

from __future__ import annotations

from mailboxes.models import ConnectionKind, Mailbox
from mailboxes.services.setup.mailbox_inputs import MailboxInput


def signs_in_for(username: str) -> tuple[str, str]:
    r"""Who signs in, and whose mailbox the name asks for: `DOMAIN\user\alias`, `user@domain\alias`; "" for none."""
    signs_in, backslash, named = username.rpartition("\\")
    is_shared = bool(backslash) and ("\\" in signs_in or "@" in signs_in)
    return (signs_in, named) if is_shared else (username, "")


def exchange_owner(username: str, *, remote_user: str, address: str) -> str:
    """Whose mailbox Exchange is asked for: the remote user's, else whom the user name ends with, else the address's."""
    remote = remote_user or signs_in_for(username)[1]
    return remote if "@" in remote else address


def is_entered(data: MailboxInput) -> bool:
    """True if the form says whose mail is read; elsewhere the sign-in does."""
    return data.app is not None or data.incoming.kind == ConnectionKind.EWS


def owner_entered(data: MailboxInput) -> str:
    """Whose mail is read and sent, as entered."""
    address = data.address.strip().lower()
    if data.incoming.kind == ConnectionKind.EWS:
        return exchange_owner(data.incoming.username, remote_user=data.remote_user, address=address)
    return data.remote_user or address


def owner_now(mailbox: Mailbox, *, username: str) -> str:
    """Whose mail is read, by the user name given."""
    if mailbox.connection.kind == ConnectionKind.EWS:
        return exchange_owner(username, remote_user=mailbox.remote_user, address=mailbox.address)
    return mailbox.remote_user or mailbox.address
