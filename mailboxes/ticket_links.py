"""Where the tickets of mails are. The layer above registers who knows; nothing here imports it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from helpdesk.accounts.models import Organization


@dataclass(frozen=True)
class TicketLink:
    """A ticket as it is named and found."""

    label: str  # "#4821"
    url: str


Finder = Callable[[Organization, Iterable[int]], Mapping[int, TicketLink]]
_finders: list[Finder] = []


def register_ticket_links(finder: Finder) -> None:
    """`ticket_links` asks this function; call it from `AppConfig.ready`."""
    _finders[:] = [finder]


def ticket_links(organization: Organization, ticket_ids: Iterable[int]) -> Mapping[int, TicketLink]:
    """The links by id of the ticket, in one query. Inside the organization's scope."""
    return _finders[0](organization, ticket_ids) if _finders else {}
