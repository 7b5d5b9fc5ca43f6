"""The operations of Exchange Web Services that are used here, on exchangelib's services.

exchangelib makes the envelope, settles the version of the protocol with the server, and tells its errors apart. What
is asked for and what is read from an answer stands with those who ask: an item of a kind that no class of exchangelib
is made for must not stop a listing. Nothing here has a thread, a pool, a cache or a file.
https://learn.microsoft.com/exchange/client-developer/web-service-reference/ews-operations-in-exchange
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from exchangelib import DELEGATE, IMPERSONATION
from exchangelib.account import Identity
from exchangelib.configuration import Configuration
from exchangelib.errors import EWSWarning, ResponseMessageError
from exchangelib.protocol import BaseProtocol
from exchangelib.services.common import EWSAccountService
from exchangelib.util import MNS, TNS, create_element, safe_xml_value
from exchangelib.version import EXCHANGE_2013_SP1, Version

MESSAGES, TYPES = f"{{{MNS}}}", f"{{{TNS}}}"
Post = Callable[..., bytes]


class Element(Protocol):
    """What is used of an lxml element; lxml has no types."""

    tag: str
    text: str | None

    def get(self, name: str, default: str = "") -> str: ...
    def find(self, path: str) -> Element | None: ...
    def findall(self, path: str) -> list[Element]: ...
    def append(self, child: Element) -> None: ...
    def __iter__(self) -> Any: ...


class ServerAddress(BaseProtocol):  # type: ignore[misc]  # exchangelib has no types
    """Where the services are, without the pool of sessions and the cache that exchangelib's own keeps by account."""

    RETRY_WAIT = 0  # a wait is the server's wish, or there is none

    @property
    def version(self) -> Version:
        """The version of the server, or the one asked for first."""
        return self.config.version


@dataclass
class ServiceAccount:
    """What exchangelib's services read of an account; a session has one of its own."""

    protocol: ServerAddress
    post: Post  # `post(body, headers=…, max_bytes=…)` gives the answer's bytes
    primary_smtp_address: str
    access_type: str
    identity: Identity
    version: Version  # as the server told it last
    default_timezone: None = None  # dates are asked for and answered in UTC
    affinity_cookie: None = None

    @property
    def suppresses_receipts(self) -> bool:
        """True if the server can be told to send no read receipts."""
        return bool(self.version.build >= EXCHANGE_2013_SP1)


def service_account(url: str, *, user: str, impersonates: bool, post: Post) -> ServiceAccount:
    """The user's account at the services behind the URL; connects to nothing."""
    version = Version(build=EXCHANGE_2013_SP1)  # older servers refuse it, and are asked again in their own
    return ServiceAccount(
        protocol=ServerAddress(Configuration(service_endpoint=url, version=version)),
        post=post,
        primary_smtp_address=user,
        access_type=IMPERSONATION if impersonates else DELEGATE,
        identity=Identity(smtp_address=user),
        version=version,
    )


class Operation(EWSAccountService):  # type: ignore[misc]  # exchangelib has no types
    """One operation. What the server says of a single item comes back as an exception, in that item's place."""

    ERRORS_TO_CATCH_IN_RESPONSE = (ResponseMessageError, EWSWarning)
    WARNINGS_TO_CATCH_IN_RESPONSE = EWSWarning

    def __init__(self, account: ServiceAccount, *, max_bytes: int) -> None:
        super().__init__(account=account)
        self._max_bytes = max_bytes

    def results(self, payload: Element) -> list[Any]:
        """An element or an exception for each that was asked for; True where the operation gives nothing back.

        Raises what exchangelib raises, and ConnectorError.
        """
        return list(self._get_elements(payload=payload))

    def _get_response(self, payload: Element, api_version: str) -> _Answer:
        """In place of exchangelib's own, which waits, asks again and keeps sessions."""
        body = self.wrap(content=payload, api_version=api_version)
        return _Answer(self.account.post(body, headers=self._extra_headers(), max_bytes=self._max_bytes))


class GetFolder(Operation):
    SERVICE_NAME = "GetFolder"
    element_container_name = f"{MESSAGES}Folders"


class _Paged(Operation):
    """Gives the RootFolder element, which tells whether there is more."""

    element_container_name = f"{MESSAGES}RootFolder"

    @classmethod
    def _get_elements_in_container(cls, container: Element) -> list[Element]:
        return [container]


class FindFolder(_Paged):
    SERVICE_NAME = "FindFolder"


class FindItem(_Paged):
    SERVICE_NAME = "FindItem"


class GetItem(Operation):
    SERVICE_NAME = "GetItem"
    element_container_name = f"{MESSAGES}Items"


class CreateItem(Operation):
    SERVICE_NAME = "CreateItem"
    element_container_name = f"{MESSAGES}Items"


class SendItem(Operation):
    SERVICE_NAME = "SendItem"
    returns_elements = False


class UpdateItem(Operation):
    SERVICE_NAME = "UpdateItem"
    element_container_name = f"{MESSAGES}Items"


class MoveItem(Operation):
    SERVICE_NAME = "MoveItem"
    returns_elements = False


class DeleteItem(Operation):
    SERVICE_NAME = "DeleteItem"
    returns_elements = False


def element(name: str, *children: Element, text: str = "", **attributes: str) -> Element:
    """An element of a request; the name begins with `m:` or `t:`."""
    made: Element = create_element(name, attrs={key: safe_xml_value(value) for key, value in attributes.items()})
    if text:
        made.text = safe_xml_value(text)
    for child in children:
        made.append(child)
    return made


def field_uri(name: str) -> Element:
    """A property by name, or one of MAPI: by tag and type (`0x007D String`), or set, name and type (`A/Own String`)."""
    tag, _, kind = name.partition(" ")
    if not kind:
        return element("t:FieldURI", FieldURI=name)
    within, slash, own = tag.partition("/")
    if slash:
        return element("t:ExtendedFieldURI", DistinguishedPropertySetId=within, PropertyName=own, PropertyType=kind)
    return element("t:ExtendedFieldURI", PropertyTag=tag, PropertyType=kind)


def extended(name: str, value: str) -> Element:
    """A MAPI property of an item and its value; the name as `field_uri` takes it."""
    return element("t:ExtendedProperty", field_uri(name), element("t:Value", text=value))


def shape(name: str, *fields: str, has_mime: bool = False) -> Element:
    """Of each item or folder its id, and these properties."""
    parts = [element("t:BaseShape", text="IdOnly")]
    if has_mime:
        parts.append(element("t:IncludeMimeContent", text="true"))
    if fields:
        parts.append(element("t:AdditionalProperties", *(field_uri(field) for field in fields)))
    return element(name, *parts)


def text_of(parent: Element, name: str) -> str:
    """The text of the child with this name of the types; "" for none."""
    child = parent.find(f"{TYPES}{name}")
    return (child.text or "") if child is not None else ""


def id_of(parent: Element, name: str) -> str:
    """The Id of the child with this name of the types; "" for none."""
    child = parent.find(f"{TYPES}{name}")
    return child.get("Id", "") if child is not None else ""


def change_key_of(item: Element) -> str:
    """Which version of the item this is; "" where it is not told."""
    child = item.find(f"{TYPES}ItemId")
    return child.get("ChangeKey", "") if child is not None else ""


class _Answer:
    """As much of a response as exchangelib reads: whole bytes at once."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def iter_content(self) -> bytes:
        return self._content

    def close(self) -> None:
        """Nothing is open."""
