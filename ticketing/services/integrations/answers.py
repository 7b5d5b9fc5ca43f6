"""Answers under an Idempotency-Key: whoever asks again is answered the same, and nothing is done twice.

The key's row is written first in the transaction of what is asked for, and the answer into it last. Killed anywhere
before the commit, nothing was done and the key is free; after it, the answer is there. Of two who ask at once the
second waits at the key: on PostgreSQL for the unique index, on SQLite for the file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from helpdesk.lib import clock
from helpdesk.lib.errors import DomainError
from ticketing.models import Integration, KeptAnswer
from ticketing.models.outside import MAX_KEY_CHARS

KEPT_DAYS = 7
_FORGOTTEN_AT_ONCE = 50
_KEY = re.compile(rf"[\x21-\x7e]{{1,{MAX_KEY_CHARS}}}")


@dataclass(frozen=True)
class Answer:
    """What was answered."""

    status: int
    body: Any
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Request:
    """What is asked for under a key."""

    integration: Integration
    key: str
    fingerprint: str  # another one under the same key is another request


def reserve(request: Request) -> Answer | None:
    """The key is this request's, or the answer that was given to it. In the caller's transaction, as its first step.

    Raises DomainError: key_malformed, key_reused (by another request).
    """
    if not _KEY.fullmatch(request.key):
        sentence = _("An Idempotency-Key has 1 to %d visible ASCII characters, such as a UUID.") % MAX_KEY_CHARS
        raise DomainError(sentence, code="key_malformed")
    try:
        with transaction.atomic():
            KeptAnswer.objects.create(
                integration=request.integration,
                key=request.key,
                fingerprint=request.fingerprint,
                created_at=clock.now(),
            )
    except IntegrityError:
        return _given(request)
    _forget_old()
    return None


def keep(request: Request, answer: Answer) -> None:
    """Whoever asks this again is answered so. In the transaction of `reserve`, as its last step."""
    KeptAnswer.objects.filter(integration=request.integration, key=request.key).update(
        status=answer.status, body=answer.body, headers=dict(answer.headers)
    )


def _given(request: Request) -> Answer:
    kept = KeptAnswer.objects.get(integration=request.integration, key=request.key)
    if kept.fingerprint != request.fingerprint:
        sentence = _("This Idempotency-Key was used for another request. Send this one under a key of its own.")
        raise DomainError(sentence, code="key_reused")
    return Answer(kept.status, kept.body, kept.headers)


def _forget_old() -> None:
    """A few at each call, so that nobody waits for all."""
    old = KeptAnswer.objects.filter(created_at__lt=clock.now() - timedelta(days=KEPT_DAYS)).order_by("created_at")
    free = old.select_for_update(skip_locked=connection.features.has_select_for_update_skip_locked)
    ids = list(free.values_list("pk", flat=True)[:_FORGOTTEN_AT_ONCE])
    if ids:
        KeptAnswer.objects.filter(pk__in=ids).delete()
