"""The list of contacts: who wrote, for whom they write, in which groups they are. Inside the organization's scope."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection
from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet, Subquery

from helpdesk.web.pagination import Page, paginate
from mailboxes.models import BouncedAddress
from ticketing.models import Contact, ContactAddress, ContactGroup, GroupMember, Message

NEWEST_FIRST = ("-id",)
MAX_WORDS = 6
PART_CHARS = 3  # of what the index on PostgreSQL holds
MANY = 1000  # likely ones


@dataclass(frozen=True)
class ContactFilter:
    """Which contacts are asked for."""

    words: str = ""  # each in the name or in an address
    company_id: int | None = None
    group_id: int | None = None  # those that are in it by themselves

    @property
    def is_set(self) -> bool:
        """Whether it leaves any out."""
        return bool(self.words or self.company_id or self.group_id)


def contacts_page(wanted: ContactFilter, *, cursor: str = "") -> Page[Contact]:
    """A page of them, newest first: with addresses (`is_silenced`), groups (`memberships`), company and `last_mail_at`.

    Three queries, however many contacts there are; on PostgreSQL one more where words are asked for.
    """
    return paginate(_loaded(_found(wanted)), order_by=NEWEST_FIRST, cursor=cursor)


def groups_to_choose() -> list[tuple[int, str]]:
    """Every contact group, by name."""
    return list(ContactGroup.objects.order_by("name").values_list("id", "name"))


def _found(wanted: ContactFilter) -> QuerySet[Contact]:
    found: QuerySet[Contact] = Contact.objects.all()
    if wanted.company_id is not None:
        found = found.filter(company_id=wanted.company_id)
    if wanted.group_id is not None:
        found = found.filter(Exists(GroupMember.objects.filter(group_id=wanted.group_id, contact=OuterRef("pk"))))
    words = wanted.words.split()[:MAX_WORDS]
    ids = _few_with(words)
    return _with(words, found) if ids is None else found.filter(id__in=ids)


def _with(words: Sequence[str], found: QuerySet[Contact]) -> QuerySet[Contact]:
    for word in words:
        by_address = ContactAddress.objects.filter(contact=OuterRef("pk"), address__contains=word.lower())
        found = found.filter(Q(name__icontains=word) | Exists(by_address))
    return found


def _few_with(words: Sequence[str]) -> list[int] | None:
    """Those that have every word, by the index of PostgreSQL; None where they are to be read for them.

    That is so for words of one or two characters, and where there are many: then a page is full soon.
    """
    longest_first = sorted((word.lower() for word in words), key=len, reverse=True)
    if connection.vendor != "postgresql" or not longest_first or len(longest_first[0]) < PART_CHARS:
        return None
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM public.ticketing_find_contacts(%s::text[], %s)", [longest_first, MANY])
        ids = [row[0] for row in cursor.fetchall()]
    return None if None in ids else ids


def _loaded(found: QuerySet[Contact]) -> QuerySet[Contact]:
    mails = Message.objects.filter(contact=OuterRef("pk")).order_by("-created_at").values("created_at")[:1]
    silenced = BouncedAddress.objects.filter(address=OuterRef("address"))
    memberships = GroupMember.objects.filter(contact__isnull=False).select_related("group").order_by("group__name")
    return (
        found.annotate(last_mail_at=Subquery(mails))
        .select_related("company")
        .prefetch_related(
            Prefetch(
                "addresses", queryset=ContactAddress.objects.annotate(is_silenced=Exists(silenced)).order_by("id")
            ),
            Prefetch("group_memberships", queryset=memberships, to_attr="memberships"),
        )
    )
