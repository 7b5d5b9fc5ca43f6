"""Rotating keys: wrapping data keys anew, and renewing data keys with every value sealed under them.

Each step is one conditional update of one row, so that a run may be killed, repeated, or doubled. Nothing here prints
or keeps a plain value; what does not open is named by its place.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.db import transaction

from helpdesk.lib import clock, crypto
from helpdesk.tenancy import secrets
from helpdesk.tenancy.scope import organization_scope

BATCH_ROWS = 100
# A key younger than this is not replaced, so that a second run goes on instead of beginning anew; and no key is dropped
# within this time of its successor, because a transaction may still be sealing with it.
SETTLED_S = 86_400


@dataclass(frozen=True)
class Place:
    """Where something does not open."""

    organization: str  # slug
    table: str
    row: str  # the row's id, or the data key's
    field: str


@dataclass
class Outcome:
    """What was done, or in a dry run would be, for one organization."""

    rewrapped: int = 0  # data keys
    renewed: int = 0  # 1: a fresh data key was added
    resealed: int = 0  # values
    dropped: int = 0  # data keys that sealed nothing any more
    unopened: list[Place] = field(default_factory=list)


def rewrap(organization: Any, *, dry_run: bool) -> Outcome:
    """Every data key of the organization is wrapped with the installation's active key."""
    outcome = Outcome()
    public_id = str(organization.public_id)
    seen: set[str] = set()
    while old := [entry for entry in _under_old_keys(organization) if entry[0] not in seen]:
        key_id, wrapped = old[0]
        try:
            key = secrets.unwrap(wrapped, key_id=key_id, public_id=public_id)
        except crypto.CannotOpen:
            outcome.unopened.append(_place(organization, "accounts_organization", row=key_id, field="data_keys"))
            seen.add(key_id)
            continue
        anew = secrets.wrap(key, key_id=key_id, public_id=public_id)
        if dry_run or _replace(organization, f"{key_id}:{wrapped}", f"{key_id}:{anew}"):
            outcome.rewrapped += 1
            seen.add(key_id)
    return outcome


def re_encrypt(organization: Any, *, dry_run: bool) -> Outcome:
    """Every sealed value of the organization is sealed under its newest data key, which was made within a day.

    Data keys that seal nothing any more are dropped a day after they were replaced.
    """
    outcome = Outcome()
    if _age_s(_newest(organization)) >= SETTLED_S:
        outcome.renewed = 1
        if not dry_run:
            fresh = secrets.with_new_data_key(organization.data_keys, public_id=str(organization.public_id))
            _replace(organization, organization.data_keys, fresh)
    newest = "" if outcome.renewed and dry_run else _newest(organization)
    in_use: Counter[str] = Counter()
    for label, name in secrets.SEALED_FIELDS:
        after: Any = None
        while batch := _batch_after(organization, after, label=label, name=name):
            with organization_scope(organization.pk), transaction.atomic():
                for row in batch:
                    in_use[_reseal(organization, row, name=name, newest=newest, dry_run=dry_run, outcome=outcome)] += 1
            after = batch[-1].pk
    outcome.dropped = _drop_retired(organization, in_use=in_use, dry_run=dry_run)
    return outcome


def installation_keys_in_use() -> Counter[str]:
    """How many data keys each installation key wraps, over all organizations."""
    rings = apps.get_model("accounts.Organization").objects.values_list("data_keys", flat=True)
    return Counter(
        crypto.key_id_of(wrapped)
        for data_keys in rings.iterator()
        for _key_id, wrapped in secrets.data_key_entries(data_keys)
    )


def _under_old_keys(organization: Any) -> list[tuple[str, str]]:
    active_id = secrets.keyring().active_id
    entries = secrets.data_key_entries(organization.data_keys)
    return [(key_id, wrapped) for key_id, wrapped in entries if crypto.key_id_of(wrapped) != active_id]


def _batch_after(organization: Any, after: Any, *, label: str, name: str) -> list[Any]:
    """The next rows with a value, in the order of their ids."""
    with organization_scope(organization.pk):
        rows = apps.get_model(label)._default_manager.exclude(**{name: ""}).order_by("pk")
        return list((rows if after is None else rows.filter(pk__gt=after))[:BATCH_ROWS])


def _reseal(organization: Any, row: Any, *, name: str, newest: str, dry_run: bool, outcome: Outcome) -> str:
    """The id of the data key that the row's value is sealed under from now on."""
    sealed: str = getattr(row, name)
    before = crypto.key_id_of(sealed)
    if before == newest:
        return before
    try:
        plain = secrets.open_for(row, name)
    except crypto.CannotOpen:
        outcome.unopened.append(_place(organization, row._meta.db_table, row=str(row.pk), field=name))
        return before
    outcome.resealed += 1
    if dry_run:
        return before
    # Only if nobody has written another value meanwhile; theirs is sealed under the newest key already.
    unchanged = type(row)._default_manager.filter(pk=row.pk, **{name: sealed})
    unchanged.update(**{name: secrets.seal_for(row, name, plain)})
    return newest


def _drop_retired(organization: Any, *, in_use: Counter[str], dry_run: bool) -> int:
    entries = secrets.data_key_entries(organization.data_keys)
    kept = [
        f"{key_id}:{wrapped}"
        for index, (key_id, wrapped) in enumerate(entries)
        if index == 0 or in_use[key_id] or _age_s(entries[index - 1][0]) < SETTLED_S
    ]
    dropped = len(entries) - len(kept)
    if dropped and not dry_run and not _replace(organization, organization.data_keys, " ".join(kept)):
        return 0
    return dropped


def _replace(organization: Any, old: str, new: str) -> bool:
    """The organization's data keys read so, unless another process changed them since they were read.

    Either way the object shows what is stored now.
    """
    organizations = apps.get_model("accounts.Organization").objects
    before = organization.data_keys
    changed = organizations.filter(pk=organization.pk, data_keys=before).update(data_keys=before.replace(old, new))
    organization.data_keys = organizations.values_list("data_keys", flat=True).get(pk=organization.pk)
    return bool(changed)


def _newest(organization: Any) -> str:
    return secrets.data_key_entries(organization.data_keys)[0][0]


def _age_s(key_id: str) -> float:
    return clock.now().timestamp() - int(key_id[1:])


def _place(organization: Any, table: str, *, row: str, field: str) -> Place:
    return Place(organization=organization.slug, table=table, row=row, field=field)
