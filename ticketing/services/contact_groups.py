"""Contact groups as people set them: members and rights are replaced as a whole, told in the audit trail."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from helpdesk.accounts.models import Company, Membership
from helpdesk.accounts.services import audit
from helpdesk.lib import clock
from helpdesk.lib.errors import ChangedMeanwhile, DomainError
from helpdesk.lib.text import clean_line
from mailboxes.models import Mailbox
from ticketing.inbound.filtering import ascii_domain
from ticketing.models import Contact, ContactAddress, ContactGroup, GroupMember, GroupRight, WriterPolicy
from ticketing.services.contacts import add_contact
from ticketing.services.policy_version import policy_changed

MAX_MEMBERS = 5_000
_MAX_TOLD_CHARS = 1_000


@dataclass(frozen=True)
class RightInput:
    """What members may do in a mailbox; without one in all."""

    mailbox: Mailbox | None
    may_open: bool = False
    may_update: bool = False
    fields: frozenset[str] = frozenset()

    @property
    def is_any(self) -> bool:
        """Whether it gives anything."""
        return self.may_open or self.may_update or bool(self.fields)


@dataclass(frozen=True)
class GroupInput:
    """A group as a person enters it."""

    name: str
    people: Sequence[str] = ()  # addresses of contacts, or names of guests
    domains: Sequence[str] = ()  # tidied, `*.` before one for all below it
    companies: Sequence[Company] = ()
    rights: Sequence[RightInput] = ()
    version: int | None = None  # that the person saw; None: whatever stands is replaced


@transaction.atomic
def save_group(group: ContactGroup | None, data: GroupInput, *, actor: Membership | None = None) -> ContactGroup:
    """The group is this; None makes a new one. Whoever writes from an address that no contact has becomes one.

    Inside the organization's scope. Raises ChangedMeanwhile, or DomainError: name_missing, name_taken, unknown_person,
    too_many.
    """
    name = clean_line(data.name).strip()[:120]
    if not name:
        raise DomainError(_("Give the group a name."), code="name_missing")
    if len(data.people) + len(data.domains) + len(data.companies) > MAX_MEMBERS:
        raise DomainError(_("A group takes at most %(n)s members.") % {"n": MAX_MEMBERS}, code="too_many")
    before = {} if group is None else told(group)
    row = _row(group, name=name, version=data.version)
    _replace_members(row, data)
    _replace_rights(row, data.rights)
    changes = audit.differences(before, after=told(row))
    if changes:
        action = "contact_group.created" if group is None else "contact_group.changed"
        audit.record(action, target=row, actor=actor, changes=changes)
        policy_changed()
    return row


@transaction.atomic
def delete_group(group: ContactGroup, *, actor: Membership | None = None) -> None:
    """The group is gone with the rights that it gave; its members stay contacts. The audit trail says what went."""
    gone = {field: (value, "") for field, value in told(group).items() if value}
    audit.record("contact_group.deleted", target=group, actor=actor, changes=gone)
    group.delete()
    policy_changed()


@transaction.atomic
def copy_rights(source: Mailbox, target: Mailbox, *, actor: Membership | None = None) -> None:
    """Every group may do in the target what it may in the source, and no more. Audited by group."""
    both = [source.pk, target.pk]
    for group in ContactGroup.objects.filter(rights__mailbox__in=both).distinct().order_by("id"):
        before = told(group)
        group.rights.filter(mailbox=target).delete()
        for right in group.rights.filter(mailbox=source):
            GroupRight.objects.create(
                group=group,
                mailbox=target,
                may_open=right.may_open,
                may_update=right.may_update,
                fields=right.fields,
            )
        changes = audit.differences(before, after=told(group))
        if changes:
            ContactGroup.objects.filter(pk=group.pk).update(version=F("version") + 1)
            audit.record("contact_group.changed", target=group, actor=actor, changes=changes)
            policy_changed()


def told(group: ContactGroup) -> dict[str, object]:
    """The group as the audit trail names it."""
    rights = group.rights.select_related("mailbox").order_by("mailbox_id")
    return {
        "name": group.name,
        "members": _line(people_of(group)),
        "domains": _line(domains_of(group)),
        "companies": _line(sorted(group.members.exclude(company=None).values_list("company__name", flat=True))),
        "rights": "; ".join(_right_words(right) for right in rights),
    }


def people_of(group: ContactGroup) -> list[str]:
    """The people in it, each by the first address, a guest by name."""
    contacts = Contact.objects.filter(group_memberships__group=group).prefetch_related("addresses")
    return sorted(_named(contact) for contact in contacts)


def domains_of(group: ContactGroup) -> list[str]:
    """The domains in it, `*.` before one with all below it."""
    rows = group.members.exclude(domain="").order_by("id").values_list("domain", "with_below")
    return [f"*.{domain}" if with_below else domain for domain, with_below in rows]


def _named(contact: Contact) -> str:
    addresses = sorted((address.pk, address.address) for address in contact.addresses.all())
    return addresses[0][1] if addresses else contact.name


def _row(group: ContactGroup | None, *, name: str, version: int | None) -> ContactGroup:
    taken = DomainError(_("There is a group of this name already."), code="name_taken")
    if ContactGroup.objects.filter(name=name).exclude(pk=group.pk if group else None).exists():
        raise taken
    try:
        with transaction.atomic():
            if group is None:
                made: ContactGroup = ContactGroup.objects.create(name=name, version=1, created_at=clock.now())
                return made
            seen = group.version if version is None else version
            if not ContactGroup.objects.filter(pk=group.pk, version=seen).update(version=seen + 1, name=name):
                raise ChangedMeanwhile
    except IntegrityError as error:
        raise taken from error
    group.refresh_from_db()
    return group


def _replace_members(group: ContactGroup, data: GroupInput) -> None:
    """What stays keeps its row."""
    wanted: dict[tuple[int | None, int | None, str], bool] = {}
    for contact in _contacts(data.people):
        wanted[(contact, None, "")] = False
    for company in data.companies:
        wanted[(None, company.pk, "")] = False
    for domain in data.domains:
        wanted[(None, None, ascii_domain(domain.removeprefix("*.")))] = domain.startswith("*.")
    rows = group.members.values_list("id", "contact_id", "company_id", "domain", "with_below")
    kept = {row[1:4]: row[0] for row in rows if wanted.get(row[1:4]) == row[4]}
    group.members.exclude(id__in=kept.values()).delete()
    GroupMember.objects.bulk_create(
        GroupMember(group=group, contact_id=contact, company_id=company, domain=domain, with_below=with_below)
        for (contact, company, domain), with_below in wanted.items()
        if (contact, company, domain) not in kept
    )


def _contacts(people: Iterable[str]) -> list[int]:
    """The ids of these people; who has an address that no contact has becomes one."""
    named = list(dict.fromkeys(text.strip() for text in people if text.strip()))
    addresses = [text.lower() for text in named if "@" in text]
    known = dict(ContactAddress.objects.filter(address__in=addresses).values_list("address", "contact_id"))
    found = [known.get(address) or add_contact(address, name="", at=clock.now()).pk for address in addresses]
    return found + [_guest(text) for text in named if "@" not in text]


def _guest(name: str) -> int:
    guests = WriterPolicy.objects.filter(guest__name__iexact=name)
    guest: int | None = guests.values_list("guest_id", flat=True).first()
    if guest is None:
        words = _("“%(name)s” is neither an e-mail address nor the name of a guest contact.")
        raise DomainError(words % {"name": name[:60]}, code="unknown_person")
    return guest


def _replace_rights(group: ContactGroup, rights: Iterable[RightInput]) -> None:
    """One row for each mailbox; what is given twice adds up."""
    wanted: dict[int | None, RightInput] = {}
    for right in rights:
        key = right.mailbox.pk if right.mailbox else None
        other = wanted.get(key, RightInput(right.mailbox))
        wanted[key] = RightInput(
            right.mailbox,
            may_open=right.may_open or other.may_open,
            may_update=right.may_update or other.may_update,
            fields=right.fields | other.fields,
        )
    group.rights.all().delete()
    GroupRight.objects.bulk_create(
        GroupRight(
            group=group,
            mailbox=right.mailbox,
            may_open=right.may_open,
            may_update=right.may_update,
            fields=sorted(right.fields),
        )
        for right in wanted.values()
        if right.is_any
    )


def _right_words(right: GroupRight) -> str:
    what = [_("open") if right.may_open else "", _("add") if right.may_update else "", ", ".join(right.fields)]
    where = right.mailbox.name if right.mailbox is not None else _("all mailboxes")
    return f"{where}: {', '.join(filter(None, what))}"


def _line(words: Sequence[str]) -> str:
    line = ", ".join(words)
    return line if len(line) <= _MAX_TOLD_CHARS else f"{line[:_MAX_TOLD_CHARS]}…"
