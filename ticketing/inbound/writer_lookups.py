"""What is asked about a mail's sender where something was set that depends on it: five queries at most, else none."""

from __future__ import annotations

from django.db.models import Q

from helpdesk.accounts.models import Membership, Role
from helpdesk.tenancy.prepared import Prepared, Row
from helpdesk.tenancy.state import required_organization_id
from ticketing.inbound import lookups
from ticketing.inbound.filtering import ascii_domain
from ticketing.inbound.sender_trust import SenderTrust
from ticketing.inbound.writers import NO_RIGHTS, NOBODY_KNOWN, Rights, Writer, WriterRules, with_parents
from ticketing.models import GroupRight, Openers, Ticket

_NOBODY = 0  # an id that no row has
_NO_DOMAIN = "."  # nor this

_MEMBERS: Prepared[Row] = Prepared(
    lambda sender: Membership.objects.filter(
        organization_id=required_organization_id(), is_active=True, user__email=sender
    ).values_list("id")
)
_AGENTS: Prepared[Row] = Prepared(
    lambda address: (
        Membership.objects.filter(
            organization_id=required_organization_id(), is_active=True, user__email__iexact=address
        )
        .exclude(role=Role.VIEWER)
        .values_list("id")
    )
)
_SPAM_MARKS: Prepared[Row] = Prepared(
    lambda contact_id: Ticket.objects.filter(requester_id=contact_id).order_by().values_list("is_spam").distinct()
)
_RIGHTS: Prepared[Row] = Prepared(
    lambda mailbox_id, contacts, company_id, domains: (
        GroupRight.objects.filter(Q(mailbox=None) | Q(mailbox_id=mailbox_id))
        .filter(
            Q(group__members__contact_id__in=contacts)
            | Q(group__members__company_id=company_id)
            | Q(group__members__domain__in=domains)
        )
        .values_list(
            "may_open",
            "may_update",
            "fields",
            "group__members__contact_id",
            "group__members__domain",
            "group__members__with_below",
        )
    )
)


class Agents:
    """Who may pass on the mail of somebody, who then asks: whoever signs in by the address and is not doubted."""

    def __init__(self, trust: SenderTrust) -> None:
        self._trust = trust
        self.is_doubted = False

    def is_believed(self, address: str) -> bool:
        """True for the address by which somebody signs in who works on tickets. One query."""
        found = bool(_AGENTS.rows(address=address))
        self.is_doubted = found and self._trust.is_doubted
        return found and not self._trust.is_doubted


def find_writer(
    sender: str,
    *,
    contact_id: int | None,
    company_id: int | None,
    mailbox_id: int,
    rules: WriterRules,
    is_asked: bool = False,
) -> Writer:
    """What is known of the sender, as far as these rules ask. contact_id, company_id: whose address it is, if any's.

    is_asked: something else than the rules wants to know.
    """
    if not (is_asked or rules.asks_for(sender)):
        return NOBODY_KNOWN
    rights, guest_rights = NO_RIGHTS, NO_RIGHTS
    if rules.has_groups:
        rights, guest_rights = _rights(
            sender, contact_id=contact_id, company_id=company_id, mailbox_id=mailbox_id, rules=rules
        )
    asks_for_contact = rules.openers is Openers.LISTED and rules.lets_contacts
    return Writer(
        is_ours=_is_ours(sender),
        is_known=asks_for_contact and contact_id is not None and _is_known(contact_id),
        rights=rights,
        guest_rights=guest_rights,
    )


def _is_ours(sender: str) -> bool:
    return bool(sender) and (bool(_MEMBERS.rows(sender=sender)) or sender in lookups.own_addresses())


def _is_known(contact_id: int) -> bool:
    """A contact of whom there is nothing but spam is nobody whom we know."""
    marks = [is_spam for (is_spam,) in _SPAM_MARKS.rows(contact_id=contact_id)]
    return not marks or not all(marks)


def _rights(
    sender: str, *, contact_id: int | None, company_id: int | None, mailbox_id: int, rules: WriterRules
) -> tuple[Rights, Rights]:
    """Those of the sender, and those of the guest."""
    own, guest = NO_RIGHTS, NO_RIGHTS
    domain = ascii_domain(sender.rpartition("@")[2])
    guest_id = rules.guest.id if rules.guest is not None else _NOBODY
    found = _RIGHTS.rows(
        mailbox_id=mailbox_id,
        contacts=[contact_id or _NOBODY, guest_id],
        company_id=company_id or _NOBODY,
        domains=list(with_parents(domain)) or [_NO_DOMAIN],
    )
    for may_open, may_update, fields, of_contact, of_domain, with_below in found:
        given = Rights(bool(may_open), bool(may_update), frozenset(fields))
        if of_contact is not None and of_contact == guest_id:
            guest |= given
        elif not of_domain or of_domain == domain or with_below:
            own |= given
    return own, guest
