"""The watcher's directory: due work as rows, and each mailbox in the scope of its organization."""

from __future__ import annotations

import logging

from django.db import DatabaseError, close_old_connections, connection

from helpdesk.running import signs
from helpdesk.tenancy.scope import organization_scope
from mailboxes.connectors.config import ImapConfig
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.models import Mailbox
from mailboxes.services.liveness import real_time, real_time_notes
from mailboxes.services.liveness.listening_places import ListeningPlaces, crowded
from mailboxes.services.reading.accounts import account_of
from mailboxes.services.setup.connections import imap_config
from mailboxes.watching.seam import Key

logger = logging.getLogger(__name__)


class WorkDirectory:
    """What `real_time` says. The watcher's threads call it.

    Those that connect keep no database connection while they wait. Those that tell keep theirs until `rest`: making one
    costs more than what they have to say, and news should be on its way at once.
    """

    def __init__(self) -> None:
        self._places: ListeningPlaces[Key] = ListeningPlaces()

    def wanted(self) -> dict[Key, int] | None:
        """The mailboxes to listen to; None while the database is away: the connections are worth keeping."""
        try:
            close_old_connections()
            signs.say_alive(signs.WATCH)
            return {Key(*key): version for key, version in real_time.wanted().items()}
        except DatabaseError:
            logger.exception("watch.database_away")
            return None

    def config(self, key: Key) -> ImapConfig | None:
        """How to connect to the mailbox's folder, if it is still to be listened to; it then has a place at its server.

        Raises ConnectorError: also where its account has as many connections as we open.
        """
        try:
            with organization_scope(key.organization_id):
                rows = Mailbox.objects.select_related("connection").filter(deleted_at=None, is_enabled=True)
                mailbox = rows.filter(id=key.mailbox_id, is_real_time=True).first()
                config = imap_config(mailbox) if mailbox is not None else None
            if mailbox is not None:
                self._places.take(key, account_of(mailbox))
            return config
        except DatabaseError as error:
            raise ConnectorError(Reason.INTERNAL, permanent=False, detail=type(error).__name__) from error
        finally:
            connection.close()

    def live(self, key: Key) -> None:
        """The mailbox says that it is listened to, and is polled for what came before."""
        close_old_connections()
        with organization_scope(key.organization_id):
            real_time.note_live(key.mailbox_id)
        real_time_notes.wake(*key)

    def news(self, key: Key) -> None:
        """The mailbox is polled."""
        close_old_connections()
        real_time_notes.wake(*key)

    def closed(self, key: Key) -> None:
        """The mailbox's place is free."""
        self._places.free(key)

    def keep(self) -> dict[Key, ConnectorError]:
        """The places are held for a minute more, but at servers that have too many connections."""
        return dict.fromkeys(self._places.keep(), crowded())

    def refused(self, key: Key, error: ConnectorError) -> None:
        """A server that has too many connections is left in peace by the polls, too."""
        self._places.refused(key, error)

    def lost(self, key: Key, error: ConnectorError) -> None:
        """The mailbox says that it is not listened to, and why."""
        close_old_connections()
        with organization_scope(key.organization_id):
            real_time.note_lost(key.mailbox_id, error)

    def rest(self) -> None:
        """The thread that calls has no database connection."""
        connection.close()
