"""Which server checks the senders of a mailbox's mail, as its newest mails show it. All inside the scope."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from helpdesk.lib import files
from mailboxes.models import Mailbox, RemoteMessage
from mailboxes.services.reading.headers import MAX_SCAN_BYTES, header_block
from ticketing.inbound.envelope import plain_address
from ticketing.inbound.spam_trust import checker_of
from ticketing.mail.authentication import Checker, is_server_name, read_results, topmost_server
from ticketing.mail.parse import parse_mail
from ticketing.mail.values import ParsedMail
from ticketing.models import NeededProof, WriterPolicy

LOOKED_AT = 20  # of the newest mails: each is a file to open
MAX_SERVERS = 5


@dataclass(frozen=True)
class SeenServer:
    """A server that wrote the topmost Authentication-Results of some of the mails."""

    name: str  # "": it gives none, as Exchange Online does
    mails: int
    proves: int  # senders of these mails, if it is believed
    is_usual: bool  # at least half of all mails have it there: somebody who forges one is not likely to

    @property
    def may_be_believed(self) -> bool:
        """True where it can be named, and stands there often enough to be this mailbox's own."""
        return is_server_name(self.name) and self.is_usual


@dataclass(frozen=True)
class Checking:
    """What the newest mails of a mailbox say about who checks their senders."""

    mails: int  # that were looked at
    servers: tuple[SeenServer, ...]  # the most frequent first
    without: int  # mails that carry no such header


def checker_for(mailbox: Mailbox | None) -> Checker | None:
    """Who checks the senders of the mailbox's mail, as far as its provider tells; None for all mailboxes together."""
    if mailbox is None:
        return None
    return checker_of(mailbox.connection.kind, host=mailbox.connection.host)


def checking_of(mailbox: Mailbox) -> Checking | None:
    """Of its newest mails; None where its provider is known to check, or no mail is here. One query, a few files."""
    if checker_for(mailbox) in (Checker.GOOGLE, Checker.EXCHANGE_ONLINE):
        return None
    heads = list(_newest_heads(mailbox))
    named = [(topmost_server(mail.headers), mail) for mail in heads]
    found = Counter(name for name, _mail in named if name is not None)
    servers = tuple(
        SeenServer(
            name,
            mails=count,
            proves=sum(each == name and _is_proven(mail, by=name) for each, mail in named),
            is_usual=2 * count >= len(heads),
        )
        for name, count in found.most_common(MAX_SERVERS)
    )
    return Checking(len(heads), servers, without=len(heads) - found.total()) if heads else None


def place_of_belief(mailbox: Mailbox) -> Mailbox | None:
    """Whose policy is to name a server of this mailbox: its own, or that of all (None).

    That of all only where the mailbox follows it and everybody else who does is on the same server: whoever gets mail
    through another one would be thought unproven.
    """
    own = set(WriterPolicy.objects.filter(follows=False).exclude(mailbox=None).values_list("mailbox_id", flat=True))
    if mailbox.pk in own:
        return mailbox
    followers = Mailbox.objects.filter(deleted_at=None).exclude(pk__in=own).select_related("connection")
    hosts = {each.connection.host.lower() for each in followers}
    return None if len(hosts) <= 1 else mailbox


def unproven_mailboxes() -> list[Mailbox]:
    """Those that follow what is set for all where that believes nobody about their senders; by name. Two queries.

    None where an admin says that the mail servers refuse forged senders.
    """
    policies = WriterPolicy.objects.filter(follows=False).values_list("mailbox_id", "servers", "proof")
    rows = {mailbox_id: (servers, proof) for mailbox_id, servers, proof in policies}
    servers, proof = rows.pop(None, ([], NeededProof.ALWAYS))
    if servers or proof != NeededProof.ALWAYS:
        return []
    boxes = Mailbox.objects.filter(deleted_at=None, holds_sent=False).exclude(pk__in=list(rows))
    named = boxes.select_related("connection").order_by("name", "id")
    return [each for each in named if checker_for(each) in (Checker.NOBODY, Checker.EXCHANGE)]


def _newest_heads(mailbox: Mailbox) -> Iterator[ParsedMail]:
    """What is still kept of them; none from where the storage stops answering on."""
    kept = RemoteMessage.objects.filter(mailbox=mailbox).exclude(raw=None).exclude(raw__storage_key="")
    keys = kept.order_by("-seen_at").values_list("raw__storage_key", flat=True)[:LOOKED_AT]
    for key in dict.fromkeys(keys):
        try:
            yield parse_mail(header_block(files.read(key, most=MAX_SCAN_BYTES)))
        except FileNotFoundError:
            continue
        except (files.StorageDown, OSError):
            return


def _is_proven(mail: ParsedMail, *, by: str) -> bool:
    sender = plain_address(mail.from_)
    results = read_results(mail.headers, checker=Checker.NOBODY, names=[by] if by else [], sender=sender)
    return bool(results.proven_by)
