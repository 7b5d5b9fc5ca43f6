"""Mails of one sender in Junk Email of an Exchange mailbox.

FindItem tells of senders no more than their names, and cannot search for an address that came from outside: so the days
are asked for, the newest first, with the two properties that hold the address, and the address is compared here.
https://learn.microsoft.com/exchange/client-developer/web-service-reference/finditem-operation
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import UTC, datetime

from mailboxes.connectors.ews_client import EwsClient
from mailboxes.connectors.ews_folders import JUNK_EMAIL, EwsFolder, folder_id, is_last, well_known
from mailboxes.connectors.ews_listing import items_of, moment_of
from mailboxes.connectors.ews_operations import TYPES, Element, FindItem, element, field_uri, shape, text_of
from mailboxes.connectors.junk import MAX_FOUND, JunkFound, JunkMail, JunkQuery, found_in

PAGE = 100
MAX_PAGES = 3  # of the newest in these days; a look is no search of the whole folder
_RECEIVED = "item:DateTimeReceived"
# PidTagSentRepresentingEmailAddress and PidTagSentRepresentingSmtpAddress: from outside the first is one of SMTP
_FIELDS = (_RECEIVED, "item:Subject", "0x0065 String", "0x5D02 String")


def find(client: EwsClient, query: JunkQuery) -> JunkFound:
    """What lies there. Raises ConnectorError: FOLDER_NOT_FOUND, BAD_ARGUMENT."""
    folder, spellings = well_known(client, JUNK_EMAIL), query.spellings()
    mails: list[JunkMail] = []
    for said in _newest(client, folder, query):
        if _is_from(said, spellings):
            mails.append(JunkMail(moment_of(text_of(said, "DateTimeReceived")), text_of(said, "Subject")))
        if len(mails) > MAX_FOUND:
            break
    return found_in(folder.name, mails)


def _newest(client: EwsClient, folder: EwsFolder, query: JunkQuery) -> Iterator[Element]:
    for number in range(MAX_PAGES):
        page = _page(client, folder, query, offset=number * PAGE)
        found = items_of(page)
        yield from found
        if is_last(page) or not found:
            return


def _page(client: EwsClient, folder: EwsFolder, query: JunkQuery, *, offset: int) -> Element:
    view = element("m:IndexedPageItemView", MaxEntriesReturned=str(PAGE), Offset=str(offset), BasePoint="Beginning")
    since = _compared("t:IsGreaterThanOrEqualTo", query.since)
    before = _compared("t:IsLessThanOrEqualTo", query.before)
    restriction = element("m:Restriction", element("t:And", since, before))
    order = element("m:SortOrder", element("t:FieldOrder", field_uri(_RECEIVED), Order="Descending"))
    parts = (shape("m:ItemShape", *_FIELDS), view, restriction, order, element("m:ParentFolderIds", folder_id(folder)))
    return client.ask_one(FindItem, element("m:FindItem", *parts, Traversal="Shallow"))


def _compared(comparison: str, moment: datetime) -> Element:
    told = moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    constant = element("t:FieldURIOrConstant", element("t:Constant", Value=told))
    return element(comparison, field_uri(_RECEIVED), constant)


def _is_from(said: Element, spellings: Collection[str]) -> bool:
    values = (text_of(each, "Value") for each in said.findall(f"{TYPES}ExtendedProperty"))
    return any(value.strip().lower() in spellings for value in values)
