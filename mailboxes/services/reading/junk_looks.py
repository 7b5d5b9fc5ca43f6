"""Looking into the folder where a provider puts spam, for the mails of one sender: beside the page, in a thread, kept
for some minutes.

One look at a time for each mailbox, however often it is asked: a look is a sign-in. It takes its place at the provider
and at the account like every other session, and asks nobody who wants to be left alone for a while.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, replace
from datetime import datetime

from django.core.cache import cache

from helpdesk.lib import clock
from mailboxes.connectors.base import Source
from mailboxes.connectors.config import EwsConfig, GraphConfig, ImapConfig, Timeouts
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.connectors.junk import JunkFound, JunkQuery
from mailboxes.connectors.registry import source_for, traits_of
from mailboxes.models import Mailbox
from mailboxes.services.reading.accounts import Caller, caller_of, hidden
from mailboxes.services.reading.sessions import Seats, host_seats_of, seats_of, waited_seat
from mailboxes.services.reading.waits import note_refusal, wait_of
from mailboxes.services.setup.connections import CONFIGS

logger = logging.getLogger(__name__)

KEPT_S = 300
LONGEST_S = 90  # a look whose process died is over then
WAIT_S = 20.0  # for a place
STEP_S = 10.0  # somebody is looking at the page: a server that is slower is not waited for


@dataclass(frozen=True)
class JunkLook:
    """What a look gave."""

    is_running: bool = False
    found: JunkFound | None = None
    reason: str = ""  # connectors.errors.Reason: it could not be looked into
    at: datetime | None = None  # when it was over


@dataclass(frozen=True)
class _Way:
    """What a look needs that has no database."""

    source: Source
    caller: Caller
    at_host: Seats
    at_account: Seats


def has_junk(mailbox: Mailbox) -> bool:
    """True if the mailbox's kind shows the folder for spam; POP3 shows none, and what is brought here has none."""
    return traits_of(mailbox.connection.kind).has_junk


def look_into_junk(mailbox: Mailbox, query: JunkQuery) -> JunkLook:
    """What is known by now; a look that nobody has begun, begins. Needs the scope, for the secret."""
    found: JunkLook | None = cache.get(_key(mailbox, query))
    if found is not None:
        return found
    if wait_of(caller_of(mailbox.connection)) is not None:
        return JunkLook(reason=Reason.THROTTLED)
    if cache.add(_busy_key(mailbox), "1", LONGEST_S):
        return _begun(mailbox, query)
    return JunkLook(is_running=True)


def forget_look(mailbox: Mailbox, query: JunkQuery) -> None:
    """The next look is a new one."""
    cache.delete(_key(mailbox, query))


def _begun(mailbox: Mailbox, query: JunkQuery) -> JunkLook:
    key, busy_key = _key(mailbox, query), _busy_key(mailbox)
    try:
        way = _Way(hurried_source_of(mailbox), caller_of(mailbox.connection), host_seats_of(mailbox), seats_of(mailbox))
    except ConnectorError as error:
        return _kept(JunkLook(reason=error.reason), key=key, busy_key=busy_key)
    threading.Thread(target=_look, args=(way, query, key, busy_key), name="junk-look", daemon=True).start()
    return JunkLook(is_running=True)


def _look(way: _Way, query: JunkQuery, key: str, busy_key: str) -> None:
    look = JunkLook(reason=Reason.INTERNAL)
    try:
        with (
            waited_seat(way.at_host, wait_s=WAIT_S, timeout_s=LONGEST_S) as has_room,
            waited_seat(way.at_account, wait_s=WAIT_S, timeout_s=LONGEST_S) as has_seat,
        ):
            is_let_in = has_room and has_seat
            look = JunkLook(found=way.source.find_in_junk(query)) if is_let_in else JunkLook(reason=Reason.NO_PLACE)
    except ConnectorError as error:
        note_refusal(way.caller, error)
        look = JunkLook(reason=error.reason)
    finally:
        _kept(look, key=key, busy_key=busy_key)


def _kept(look: JunkLook, *, key: str, busy_key: str) -> JunkLook:
    over = replace(look, at=clock.now())
    cache.set(key, over, KEPT_S)
    cache.delete(busy_key)
    return over


def hurried_source_of(mailbox: Mailbox) -> Source:
    """The connector to the mailbox, no step of which takes longer than STEP_S. As `connections.source_of`."""
    kind = mailbox.connection.kind
    config = CONFIGS[kind](mailbox)
    if isinstance(config, GraphConfig):
        config = replace(config, timeouts=_hurried(config.timeouts))
    elif isinstance(config, ImapConfig | EwsConfig):
        config = replace(config, login=replace(config.login, timeouts=_hurried(config.login.timeouts)))
    return source_for(kind, config)


def _hurried(timeouts: Timeouts) -> Timeouts:
    return Timeouts(connect_s=min(timeouts.connect_s, STEP_S), read_s=min(timeouts.read_s, STEP_S))


def _key(mailbox: Mailbox, query: JunkQuery) -> str:
    """Of this account and no other: the connection's id is like none of another installation on the same cache."""
    asked = hidden(query.sender, query.since.isoformat(), query.before.isoformat())
    return f"junk-look:{mailbox.connection_id}:{mailbox.pk}:{mailbox.source_generation}:{asked}"


def _busy_key(mailbox: Mailbox) -> str:
    return f"junk-look-busy:{mailbox.connection_id}:{mailbox.pk}"
