"""Sign-ins under way, kept in the session of the person who began them: nobody else can end one.

Each is bound to an organization and a mailbox, works once, and for ten minutes.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.contrib.sessions.backends.base import SessionBase
from django.core.cache import cache

from helpdesk.lib import clock
from mailboxes.connectors.oauth.signing_in import SignIn

LIFE = timedelta(minutes=10)
KEPT = 5  # an older one is forgotten: somebody opened the page again and again
_KEY = "oauth_sign_ins"


@dataclass(frozen=True)
class Pending:
    """A sign-in that came back in time."""

    begun: SignIn
    organization_id: int
    mailbox_id: int


def remember(session: SessionBase, begun: SignIn, *, organization_id: int, mailbox_id: int) -> None:
    """The sign-in may come back."""
    kept: dict[str, Any] = dict(session.get(_KEY, {}))
    kept[_name(begun.state)] = {
        "begun": begun.to_json(),
        "organization": organization_id,
        "mailbox": mailbox_id,
        "until": (clock.now() + LIFE).timestamp(),
    }
    newest = sorted(kept.items(), key=lambda item: item[1]["until"])[-KEPT:]
    session[_KEY] = dict(newest)


def take(session: SessionBase, state: str) -> Pending | None:
    """The sign-in that has this state, which from now on is none; None for a forged, foreign, old or used one."""
    kept: dict[str, Any] = dict(session.get(_KEY, {}))
    found = kept.pop(_name(state), None)
    if found is None:
        return None
    session[_KEY] = kept
    # Two requests at once read the same session; only one of them may go on.
    is_first = cache.add(f"oauth-state:{_name(state)}", "used", 2 * LIFE.total_seconds())
    if not is_first or found["until"] < clock.now().timestamp():
        return None
    return Pending(SignIn.from_json(found["begun"]), found["organization"], found["mailbox"])


def _name(state: str) -> str:
    return hashlib.sha256(state.encode("utf-8", "replace")).hexdigest()[:32]
