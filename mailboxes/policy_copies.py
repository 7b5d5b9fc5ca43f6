"""What else can be copied between mailboxes: policies that the layer above keeps. It registers them here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from django.utils.functional import Promise

from helpdesk.accounts.models import Membership
from mailboxes.models import Mailbox


class Copy(Protocol):
    """Gives the policy of one mailbox to another."""

    def __call__(self, source: Mailbox, target: Mailbox, *, actor: Membership) -> None:
        """The target has the source's. Inside a transaction; audited. Raises DomainError where it cannot be."""


@dataclass(frozen=True)
class Policy:
    """What is copied together."""

    code: str
    label: Promise
    load: Callable[[Sequence[Mailbox]], Mapping[int, Any]]  # how it stands, by mailbox; equal ones are the same
    words: Callable[[Any], str]  # how it stands, for people
    copy: Copy


_policies: list[Policy] = []


def register_policies(policies: Iterable[Policy]) -> None:
    """`policies` gives these; call it from `AppConfig.ready`."""
    _policies[:] = policies


def policies() -> Sequence[Policy]:
    """Every policy that mailboxes have beside their own fields."""
    return tuple(_policies)
