"""Accepting a sender whose mail was held: a known contact from now on, where known contacts may write."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from helpdesk.accounts.models import Membership
from helpdesk.accounts.services import audit
from helpdesk.lib import clock, files
from helpdesk.lib.errors import DomainError
from mailboxes.models import RemoteMessage
from mailboxes.services.reading.headers import MAX_SCAN_BYTES, header_block
from ticketing.inbound import lookups
from ticketing.inbound.deliveries import settled_delivery
from ticketing.inbound.envelope import make_envelope
from ticketing.inbound.sender_trust import judge_sender
from ticketing.inbound.settings import settings_for
from ticketing.mail.parse import parse_mail
from ticketing.models import Contact, ContactAddress, Openers
from ticketing.services.contacts import add_contact
from ticketing.services.writer_policies import writers_in_force


class CannotAccept(DomainError):
    """Being known would not let the sender in."""

    code = "cannot_accept"


@transaction.atomic
def accept_sender(entry: RemoteMessage, *, actor: Membership) -> Contact:
    """The sender is a contact, also if somebody else makes it one at the same moment; audited if that is new.

    Inside the scope.
    Raises CannotAccept where the mailbox lets no known contacts in, or the mail names no sender.
    """
    if not entry.sender:
        raise CannotAccept(_("This mail names no sender."))
    writers = writers_in_force(entry.mailbox)
    if writers.openers is Openers.NOBODY or (writers.openers is Openers.LISTED and not writers.lets_contacts):
        raise CannotAccept(_("This mailbox lets no known contacts in: list the sender’s domain under Who may write."))
    known = _known(entry.sender)
    if known is not None:
        return known
    try:
        with transaction.atomic():
            contact = add_contact(entry.sender, name="", at=clock.now())
    except IntegrityError:  # another agent, or a mail from there, was faster
        known = _known(entry.sender)
        if known is None:
            raise
        return known
    audit.record("mail.sender_accepted", target=contact, actor=actor, label=entry.sender)
    return contact


def is_proven(entry: RemoteMessage) -> bool:
    """Whether From counts for mail as this one; True where the mail is not kept any more. Inside the scope."""
    delivery = settled_delivery(entry.raw_id) if entry.raw_id is not None else None
    if delivery is None or not delivery.storage_key:
        return True
    try:
        head = header_block(files.read(delivery.storage_key, most=MAX_SCAN_BYTES))
    except (FileNotFoundError, files.StorageDown):
        return True
    rules = settings_for(delivery.mailbox_id, version=lookups.standing("").policy_version).writers
    envelope = make_envelope(delivery, mail=parse_mail(head), original=head)
    return judge_sender(envelope, names=rules.servers, is_first=False).counts(takes_word=rules.takes_word)


def _known(address: str) -> Contact | None:
    found: ContactAddress | None = ContactAddress.objects.select_related("contact").filter(address=address).first()
    return found.contact if found is not None else None
