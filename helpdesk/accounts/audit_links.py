"""Where what an entry of the configuration log is about can be opened. Upper layers register theirs when they start."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

from helpdesk.accounts.models import AuditEntry

# From the organization's slug and the ids of targets to the addresses of those that are still there. At most one query.
Finder = Callable[[str, Sequence[str]], Mapping[str, str]]
_finders: dict[str, Finder] = {}


def register_links(target_kind: str, finder: Finder) -> None:
    """Entries about this kind of row lead to where the finder says; call it from `AppConfig.ready`."""
    _finders[target_kind] = finder


def links_of(entries: Iterable[AuditEntry], *, slug: str) -> Mapping[int, str]:
    """The address of what each entry is about, by the entry's id; none for what is gone or has no page.

    At most one query for each kind of target.
    """
    by_kind: dict[str, list[AuditEntry]] = defaultdict(list)
    for entry in entries:
        if entry.target_kind in _finders:
            by_kind[entry.target_kind].append(entry)
    links: dict[int, str] = {}
    for kind, about in by_kind.items():
        found = _finders[kind](slug, sorted({entry.target_id for entry in about}))
        links.update({entry.pk: found[entry.target_id] for entry in about if entry.target_id in found})
    return links
