"""The mail of ours that a bounce is about: by its Message-ID, else by what else that is signed came back of it.

A relay may replace the Message-ID (Amazon SES does). What then proves which mail it was is a token in the reply
address, in our own copy of the id or in the hidden mark; a token of a mail that it answered proves only the ticket.
What is not signed by this organization leads nowhere.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from helpdesk.lib.text import clean_line
from ticketing.inbound import lookups
from ticketing.inbound.envelope import Envelope
from ticketing.inbound.thread_match import Hit, Stored, TicketFacts
from ticketing.mail import message_ids
from ticketing.models import MessageKind, MessageRecipient
from ticketing.services.references import id_hash
from ticketing.services.thread_keys import verified_ids


class KnownBy(StrEnum):
    """What tied a bounce to the mail of ours."""

    MESSAGE_ID = "message_id"
    MARK = "mark"  # a token of ours that it carried besides
    THREAD = "thread"  # it was the last one to that address in the ticket of a mail that it answered


@dataclass(frozen=True, slots=True)
class FailedMail:
    """A mail of ours that a bounce reports."""

    message_id: int
    ticket: TicketFacts
    recipients: frozenset[str]  # of ours that the report names
    outbox_id: int | None = None
    known_by: KnownBy = KnownBy.MESSAGE_ID


@dataclass(frozen=True, slots=True)
class FailedSending:
    """The same of a mail that no ticket tells of: an answer to mail that opened none, a notice, a forwarded mail."""

    outbox_id: int
    subject: str
    cause: str  # mailboxes.models.Cause
    recipients: frozenset[str]
    known_by: KnownBy = KnownBy.MESSAGE_ID


@dataclass(frozen=True, slots=True)
class Originals:
    """The ids of the tokens that a bounce carries, each verified."""

    by_id: tuple[str, ...] = ()  # of the Message-ID that it reports
    marked: tuple[str, ...] = ()  # of the failed mail, by what else it carried
    thread: tuple[str, ...] = ()  # of mails that this one answered

    @property
    def all(self) -> frozenset[str]:
        """Every one of them."""
        return frozenset({*self.by_id, *self.marked, *self.thread})


NONE = Originals()


def originals_of(envelope: Envelope) -> Originals:
    """What the bounce may be about; nothing for any other mail."""
    mail, bounce = envelope.mail, envelope.mail.bounce
    if bounce is None:
        return NONE
    marked = (
        *message_ids.tokens_in_addresses(envelope.addressed_to),  # servers that send it where answers go
        *message_ids.tokens_in_ids(mail.in_reply_to),
        *bounce.returned.tokens,
        *reversed(mail.body_tokens),
    )
    thread = (*bounce.returned.thread_tokens, *message_ids.tokens_in_ids(reversed(mail.references)))
    return Originals(
        by_id=verified_ids(message_ids.tokens_in_ids([bounce.original_message_id or ""])),
        marked=verified_ids(marked),
        thread=verified_ids(thread),
    )


def hashes_of(envelope: Envelope) -> tuple[str, ...]:
    """The hashes of the Message-IDs that a bounce says the failed mail had: the reported one, then our copy of it."""
    return tuple(id_hash(message_id) for message_id in _ids(envelope))


def find_failed(envelope: Envelope, originals: Originals, stored: Stored) -> FailedMail | None:
    """The mail that the bounce is about, as far as a ticket tells of it."""
    bounce = envelope.mail.bounce
    if bounce is None:
        return None
    hit, known_by = _hit(envelope, originals, stored)
    if hit is None:
        return _of_thread(bounce.recipients, _by_token(originals.thread, stored), stored)
    sent_to = MessageRecipient.objects.filter(message_id=hit.message_id, address__in=bounce.recipients)
    found = dict(sent_to.values_list("address", "message__outbox_id"))
    return FailedMail(
        message_id=hit.message_id,
        ticket=stored.tickets[hit.ticket_id],
        recipients=frozenset(found),
        outbox_id=next(iter(found.values()), None),
        known_by=known_by,
    )


def find_failed_sending(envelope: Envelope) -> FailedSending | None:
    """The mail in the outbox that the bounce is about, by its Message-ID: only whoever got it can know that."""
    bounce = envelope.mail.bounce
    for message_id in _ids(envelope):
        sent = lookups.sent_mail(clean_line(message_id)[:300])
        if bounce is not None and sent is not None:
            is_reported = message_id == bounce.original_message_id
            return FailedSending(
                sent.outbox_id,
                sent.subject,
                sent.cause,
                sent.recipients.intersection(bounce.recipients),
                known_by=KnownBy.MESSAGE_ID if is_reported else KnownBy.MARK,
            )
    return None


def _ids(envelope: Envelope) -> tuple[str, ...]:
    bounce = envelope.mail.bounce
    if bounce is None:
        return ()
    return tuple(dict.fromkeys(filter(None, (bounce.original_message_id, *bounce.returned.ids))))


def _hit(envelope: Envelope, originals: Originals, stored: Stored) -> tuple[Hit | None, KnownBy]:
    """The mail itself, and what tells that it is."""
    bounce = envelope.mail.bounce
    reported = [bounce.original_message_id] if bounce is not None and bounce.original_message_id else []
    by_id = _first([*_by_token(originals.by_id, stored), *_by_hash(map(id_hash, reported), stored)], stored)
    if by_id is not None:
        return by_id, KnownBy.MESSAGE_ID
    return _first([*_by_token(originals.marked, stored), *_by_hash(hashes_of(envelope), stored)], stored), KnownBy.MARK


def _by_token(token_ids: Iterable[str], stored: Stored) -> list[Hit]:
    return [hit for token in token_ids for hit in stored.tokens.get(token, ())]


def _by_hash(hashes: Iterable[str], stored: Stored) -> list[Hit]:
    hits = [hit for each in hashes for hit in stored.references.get(each, ())]
    return [hit for hit in hits if hit.is_own and hit.is_outbound]


def _first(hits: Sequence[Hit], stored: Stored) -> Hit | None:
    return next((hit for hit in hits if hit.ticket_id in stored.tickets), None)


def _of_thread(recipients: Sequence[str], answered: Sequence[Hit], stored: Stored) -> FailedMail | None:
    """The last mail in the ticket after one that it answered, to somebody whom the bounce names.

    Both must have gone to them: whoever got the earlier one may know its token, and can say nothing of others by it.
    """
    known = [hit for hit in answered if hit.ticket_id in stored.tickets]
    if not known or not recipients:
        return None
    went_to = MessageRecipient.objects.filter(message_id__in=[hit.message_id for hit in known], address__in=recipients)
    proven = set(went_to.values_list("message_id", "address"))
    named = {hit: {address for each, address in proven if each == hit.message_id} for hit in known}
    earlier = next((hit for hit in known if named[hit]), None)
    return _last_to(named[earlier], earlier, stored) if earlier is not None else None


def _last_to(addresses: Collection[str], earlier: Hit, stored: Stored) -> FailedMail | None:
    sent_to = MessageRecipient.objects.filter(
        message__ticket_id=earlier.ticket_id,
        message__kind=MessageKind.OUTBOUND,
        message_id__gt=earlier.message_id,
        address__in=addresses,
    )
    rows = list(sent_to.order_by("-message_id").values_list("message_id", "address", "message__outbox_id")[:200])
    if not rows:
        return None
    message_id, _address, outbox_id = rows[0]
    return FailedMail(
        message_id=message_id,
        ticket=stored.tickets[earlier.ticket_id],
        recipients=frozenset(address for each, address, _outbox in rows if each == message_id),
        outbox_id=outbox_id,
        known_by=KnownBy.THREAD,
    )
