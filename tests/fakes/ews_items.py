"""Items as Exchange Web Services show them, and what becomes of a mail that is given to them."""

from __future__ import annotations

import base64
import re
import zlib
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from email import message_from_bytes
from xml.etree import ElementTree
from xml.sax.saxutils import quoteattr

from tests.fakes.ews_soap import NS, text
from tests.fakes.graph_mailbox import FakeItem

PLACES = ("ToRecipients", "CcRecipients", "BccRecipients")
TAGS = {"eventMessage": "MeetingRequest", "event": "CalendarItem", "contact": "Contact"}  # by odata_type; mail has none


def change_key(item: FakeItem) -> str:
    """Another for each version of the item."""
    return f"CQ{zlib.crc32(repr((item.is_read, item.is_draft, item.moves, item.recipients)).encode()):08x}"


def shown_item(
    item: FakeItem,
    *,
    has_mime: bool = False,
    has_header: bool = False,
    has_sender: bool = False,
    named: Iterable[str] = (),
) -> str:
    """Elements in the order of the schema; the MIME content is the first."""
    tag = TAGS.get(item.odata_type, "Message")
    subject = str(message_from_bytes(item.raw).get("Subject", ""))
    received = item.received_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    mime = f'<t:MimeContent CharacterSet="UTF-8">{base64.b64encode(item.raw).decode()}</t:MimeContent>'
    header = ""
    if has_header and item.keeps_headers:
        block = item.raw.split(b"\r\n\r\n", 1)[0].decode("utf-8", "replace")
        value = f"<t:Value>{text(block)}</t:Value>"
        header = f"<t:ExtendedProperty>{_HEADER_URI}{value}</t:ExtendedProperty>"
    for name in named:
        if name in item.properties:
            uri = f'<t:ExtendedFieldURI DistinguishedPropertySetId="PublicStrings" PropertyName={quoteattr(name)} '
            value = f'PropertyType="String"/><t:Value>{text(item.properties[name])}</t:Value>'
            header += f"<t:ExtendedProperty>{uri}{value}</t:ExtendedProperty>"
    if has_sender:
        header += (
            f"<t:ExtendedProperty>{_SENDER_URI}<t:Value>{text(item.sender_address())}</t:Value></t:ExtendedProperty>"
        )
    return (
        f'<t:{tag}>{mime if has_mime else ""}<t:ItemId Id={quoteattr(item.mutable_id)} ChangeKey="{change_key(item)}"/>'
        f'<t:ParentFolderId Id="{item.folder.id}" ChangeKey="AQ"/><t:ItemClass>{item.message_class}</t:ItemClass>'
        f"<t:Subject>{text(subject)}</t:Subject>"
        f"<t:DateTimeReceived>{received}</t:DateTimeReceived><t:Size>{len(item.raw)}</t:Size>"
        f"<t:IsDraft>{str(item.is_draft).lower()}</t:IsDraft>{header}</t:{tag}>"
    )


_SENDER_URI = '<t:ExtendedFieldURI PropertyTag="0x65" PropertyType="String"/>'
_HEADER_URI = '<t:ExtendedFieldURI PropertyTag="0x7d" PropertyType="String"/>'


def restriction(asked: ElementTree.Element) -> Callable[[FakeItem], bool]:
    """Which items are meant."""
    comparison = asked.find("m:Restriction/*", NS)
    if comparison is None:
        return lambda _item: True
    if comparison.tag.endswith("}And"):
        parts = [_compared(part) for part in comparison]
        return lambda item: all(is_met(item) for is_met in parts)
    return _compared(comparison)


def _compared(comparison: ElementTree.Element) -> Callable[[FakeItem], bool]:
    constant = comparison.find("t:FieldURIOrConstant/t:Constant", NS)
    assert constant is not None
    value = constant.get("Value", "")
    named = comparison.find("t:ExtendedFieldURI", NS)
    if named is not None:
        return lambda item: item.properties.get(named.get("PropertyName", "")) == value
    if comparison.tag.endswith("}IsEqualTo"):
        return lambda item: item.internet_message_id == value
    moment = datetime.fromisoformat(value)
    if comparison.tag.endswith("}IsLessThanOrEqualTo"):
        return lambda item: item.received_at <= moment
    return lambda item: item.received_at >= moment


def properties_of(said: ElementTree.Element) -> tuple[dict[str, str], dict[str, str]]:
    """The values of properties by tag, and of others by name."""
    tags, named = {}, {}
    for given in said.findall("t:ExtendedProperty", NS):
        uri, value = given.find("t:ExtendedFieldURI", NS), given.findtext("t:Value", "", NS)
        assert uri is not None
        if uri.get("PropertyTag"):
            tags[uri.get("PropertyTag", "").lower()] = value
        else:
            named[uri.get("PropertyName", "")] = value
    return tags, named


def imported(raw: bytes, named: dict[str, str]) -> bytes:
    """MIME as Exchange keeps it: own headers that nobody set by name are lost (msgraph-sdk-dotnet 424, 2209)."""
    header, separator, body = raw.partition(b"\r\n\r\n")
    fields = re.split(rb"\r\n(?![ \t])", header)
    own = re.compile(rb"(x-[^:]*|auto-submitted|return-path)[ \t]*:", re.IGNORECASE)
    kept = {name.lower().encode() for name in named}
    lasting = [line for line in fields if not own.match(line) or line.split(b":")[0].strip().lower() in kept]
    return b"\r\n".join(lasting) + separator + body


def readdress(item: FakeItem, change: ElementTree.Element) -> bool:
    """The recipients are those of the change; False if it is about none."""
    is_any = False
    for place in PLACES:
        uri = f"t:FieldURI[@FieldURI='message:{place}']"
        key = place[0].lower() + place[1:]
        if change.find(f"t:Updates/t:DeleteItemField/{uri}", NS) is not None:
            item.recipients[key], is_any = [], True
        for told in change.findall("t:Updates/t:SetItemField", NS):
            if told.find(uri, NS) is not None:
                item.recipients[key], is_any = [_person(one) for one in told.iterfind(".//t:Mailbox", NS)], True
    return is_any


def _person(said: ElementTree.Element) -> dict[str, dict[str, str]]:
    address = said.findtext("t:EmailAddress", "", NS)
    return {"emailAddress": {"name": said.findtext("t:Name", address, NS), "address": address}}
