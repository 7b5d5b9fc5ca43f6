"""Who may write, as it was set: the rules of every mailbox, for `settings`, which keeps them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from django.db.models import Q

from ticketing.inbound.filtering import ascii_domain
from ticketing.inbound.writers import EVERYBODY, Guest, WriterRules
from ticketing.models.contact_group import GroupRight
from ticketing.models.writers import NeededProof, Openers, Refused, Strangers, Updaters, WriterPolicy


@dataclass(frozen=True)
class WriterSettings:
    """The rules of mailboxes that have their own, and those of all others."""

    of_others: WriterRules = EVERYBODY
    by_mailbox: Mapping[int, WriterRules] = field(default_factory=dict)

    def of(self, mailbox_id: int | None) -> WriterRules:
        """Those of this mailbox."""
        return self.of_others if mailbox_id is None else self.by_mailbox.get(mailbox_id, self.of_others)


def load_writers() -> WriterSettings:
    """Two queries."""
    rows = WriterPolicy.objects.filter(follows=False).select_related("guest")
    rules = {row.mailbox_id: rules_of(row) for row in rows}
    of_others = rules.pop(None, EVERYBODY)
    given = Q(may_open=True) | Q(may_update=True) | ~Q(fields=[])
    with_groups = set(GroupRight.objects.filter(given).values_list("mailbox_id", flat=True))
    named = {mailbox_id for mailbox_id in (*rules, *with_groups) if mailbox_id is not None}
    everywhere = None in with_groups
    return WriterSettings(
        of_others=replace(of_others, has_groups=everywhere),
        by_mailbox={
            mailbox_id: replace(rules.get(mailbox_id, of_others), has_groups=everywhere or mailbox_id in with_groups)
            for mailbox_id in named
        },
    )


def rules_of(row: WriterPolicy) -> WriterRules:
    """The rules of a stored policy, as far as they stand in it."""
    return WriterRules(
        of_all=row.mailbox_id is None,
        openers=Openers(row.openers),
        lets_contacts=row.lets_contacts,
        lets_groups=row.lets_groups,
        domains=frozenset(_as_it_travels(domain) for domain in row.domains),
        opening_strangers=Strangers(row.opening_strangers),
        opening_refused=Refused(row.opening_refused),
        updaters=Updaters(row.updaters),
        updating_strangers=Strangers(row.updating_strangers),
        updating_refused=Refused(row.updating_refused),
        guest=Guest(row.guest.pk, row.guest.name) if row.guest is not None else None,
        proof=NeededProof(row.proof),
        servers=tuple(row.servers),
        forwards=bool(row.forward_to),
    )


def _as_it_travels(domain: str) -> str:
    below = "*." if domain.startswith("*.") else ""
    return below + ascii_domain(domain.removeprefix("*."))
