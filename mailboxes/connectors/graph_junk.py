"""Mails of one sender in Junk Email of Microsoft 365.

What is ordered by must be filtered by, and first; the sender follows.
https://learn.microsoft.com/graph/api/user-list-messages
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.connectors.graph_client import GraphClient, segment
from mailboxes.connectors.graph_folders import JUNK_EMAIL, well_known
from mailboxes.connectors.graph_listing import moment_of
from mailboxes.connectors.junk import MAX_FOUND, JunkFound, JunkMail, JunkQuery, found_in


def find(client: GraphClient, query: JunkQuery) -> JunkFound:
    """What lies there. Raises ConnectorError: FOLDER_NOT_FOUND, BAD_ARGUMENT."""
    senders = " or ".join(f"from/emailAddress/address eq '{_quoted(each)}'" for each in query.spellings())
    then = f"receivedDateTime ge {_told(query.since)} and receivedDateTime le {_told(query.before)}"
    params = {
        "$select": "id,subject,receivedDateTime",
        "$filter": f"{then} and ({senders})",
        "$orderby": "receivedDateTime desc",
        "$top": str(MAX_FOUND + 1),
    }
    folder = well_known(client, JUNK_EMAIL)
    page = client.json("GET", f"/mailFolders/{segment(folder.id)}/messages", params=params)
    return found_in(folder.name, [_mail(value) for value in page.get("value", ())])


def _mail(value: Mapping[str, Any]) -> JunkMail:
    try:
        return JunkMail(moment_of(value.get("receivedDateTime")), str(value.get("subject") or ""))
    except AttributeError:
        raise ConnectorError(Reason.PROTOCOL, permanent=False, detail="a message that is none") from None


def _told(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _quoted(text: str) -> str:
    return text.replace("'", "''")
