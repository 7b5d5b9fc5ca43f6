"""Exchange Web Services as their documentation and their users' reports tell them, over HTTPS on loopback.

The mailboxes are those of the fake of Microsoft Graph: it is the same store, of which these services show the ids that
change when a message is moved. What no Exchange server has confirmed is true of this fake only.
https://learn.microsoft.com/exchange/client-developer/web-service-reference/ews-reference-for-exchange
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from xml.etree import ElementTree
from xml.sax.saxutils import quoteattr

import spnego
from spnego.exceptions import SpnegoError

from helpdesk.lib import clock
from tests.fakes.ews_soap import FAULT_STATUS, NS, envelope, fault, message, problem, text
from tests.fakes.graph_mailbox import FakeFolder, FakeItem, FakeMailbox
from tests.fakes.https import Answer, HttpsServer, Request
from tests.servers.certificates import Certificate, CertificateAuthority

TOKEN = "ews-token-of-the-test"
PASSWORD = "s3cret-word"
SIGN_INS = {"ntlm": "NTLM", "basic": 'Basic realm="exchange"', "bearer": "Bearer"}
TAGS = {"eventMessage": "MeetingRequest", "contact": "Contact"}  # by odata_type of an item; a mail has none
VERSIONS = {"Exchange2010_SP2": (14, 2), "Exchange2013_SP1": (15, 0), "Exchange2016": (15, 1)}


class FakeEws(HttpsServer):
    """The services of one server. `users` holds passwords, `tokens` good bearer tokens and whom they may act as."""

    def __init__(self, authority: CertificateAuthority, *, certificate: Certificate | None = None) -> None:
        super().__init__(authority, certificate=certificate)
        self.mailboxes: dict[str, FakeMailbox] = {}
        self.users: dict[str, str] = {}
        self.rights: dict[str, set[str]] = {}  # which mailboxes a user may open; its own name's without an entry
        self.tokens: dict[str, set[str] | None] = {TOKEN: None}  # None: an app that may impersonate everybody
        self.offers = ["ntlm", "basic"]
        self.version = "Exchange2016"
        self.page_size = 0  # smaller than what is asked for
        self.operations: list[str] = []
        self.signed_in: list[str] = []  # who asked, one for each operation
        self._ntlm: dict[int, spnego.ContextProxy] = {}
        self._by_connection: dict[int, str] = {}

    def mailbox(self, user: str) -> FakeMailbox:
        """The user's mailbox, made when it is asked for first."""
        return self.mailboxes.setdefault(user.lower(), FakeMailbox(user))

    def respond(self, request: Request) -> Answer:
        """The answer to an operation of somebody who has signed in."""
        if request.path != "/EWS/Exchange.asmx":
            return Answer(status=404, media_type="text/html")
        user = self._user(request)
        if isinstance(user, Answer):
            return user
        root = ElementTree.fromstring(request.body)
        asked = root.find("s:Body", NS)
        assert asked is not None
        operation = asked[0]
        name = operation.tag.rpartition("}")[2]
        self.operations.append(name)
        self.signed_in.append(user)
        version = root.find("s:Header/t:RequestServerVersion", NS)
        if version is None or VERSIONS.get(version.get("Version", ""), (99, 0)) > VERSIONS[self.version]:
            return Answer(500, fault("ErrorInvalidServerVersion", "The specified server version is invalid."))
        impersonated = root.findtext("s:Header/t:ExchangeImpersonation/t:ConnectingSID/t:SmtpAddress", "", NS)
        if impersonated and self.tokens.get(request.bearer, set()) is not None:
            return Answer(FAULT_STATUS, fault("ErrorImpersonateUserDenied", "The account may not impersonate."))
        act = getattr(self, f"_{name}")
        return Answer(
            content=envelope(name, act(operation, impersonated.lower() or user), self.version, VERSIONS),
            media_type="text/xml; charset=utf-8",
        )

    # Signing in.

    def _user(self, request: Request) -> str | Answer:
        if request.connection in self._by_connection and "authorization" not in request.headers:
            return self._by_connection[request.connection]  # NTLM signs the connection in, not a request
        kind, _, proof = request.headers.get("authorization", "").partition(" ")
        if kind == "Bearer" and "bearer" in self.offers and proof in self.tokens:
            return f"token {proof}"
        if kind == "Basic" and "basic" in self.offers:
            user, _, password = base64.b64decode(proof).decode().partition(":")
            return user if self.users.get(user) == password else self._refused()
        if kind == "NTLM" and "ntlm" in self.offers:
            return self._ntlm_step(request, proof)
        return self._refused()

    def _ntlm_step(self, request: Request, proof: str) -> str | Answer:
        """Needs NTLM_USER_FILE in the environment, as pyspnego keeps accounts."""
        context = self._ntlm.setdefault(request.connection, spnego.server(protocol="ntlm"))
        try:
            challenge = context.step(base64.b64decode(proof))
        except SpnegoError:
            return self._refused()
        if not context.complete:
            told = base64.b64encode(challenge or b"").decode()
            return Answer(status=401, headers={"WWW-Authenticate": f"NTLM {told}"})
        self._by_connection[request.connection] = str(context.client_principal)
        return self._by_connection[request.connection]

    def _refused(self) -> Answer:
        return Answer(status=401, headers={"WWW-Authenticate": ", ".join(SIGN_INS[name] for name in self.offers)})

    # Operations. Each gives its response messages.

    def _GetFolder(self, asked: ElementTree.Element, user: str) -> Iterable[str]:
        ids = asked.find("m:FolderIds", NS)
        for reference in ids if ids is not None else ():
            found = self._folder(reference, user)
            shown = found if isinstance(found, str) else f"<m:Folders>{self._shown_folder(*found)}</m:Folders>"
            yield shown if isinstance(found, str) else message("GetFolder", shown)

    def _FindFolder(self, asked: ElementTree.Element, user: str) -> Iterable[str]:
        reference = asked.find("m:ParentFolderIds", NS)
        found = self._folder(reference[0], user) if reference is not None else problem("ErrorInvalidRequest")
        if isinstance(found, str):
            yield found
            return
        mailbox, _ = found
        yield self._page(
            "FindFolder", asked, [self._shown_folder(mailbox, folder) for folder in mailbox.folders], name="Folders"
        )

    def _FindItem(self, asked: ElementTree.Element, user: str) -> Iterable[str]:
        reference = asked.find("m:ParentFolderIds", NS)
        found = self._folder(reference[0], user) if reference is not None else problem("ErrorInvalidRequest")
        if isinstance(found, str):
            yield found
            return
        mailbox, folder = found
        assert folder is not None
        is_meant = _restriction(asked)
        yield self._page(
            "FindItem", asked, [_shown_item(item) for item in mailbox.held(folder) if is_meant(item)], name="Items"
        )

    def _GetItem(self, asked: ElementTree.Element, user: str) -> Iterable[str]:
        has_mime = asked.findtext("m:ItemShape/t:IncludeMimeContent", "", NS) == "true"
        has_header = asked.find(".//t:ExtendedFieldURI[@PropertyTag='0x007D']", NS) is not None
        for reference in asked.findall("m:ItemIds/t:ItemId", NS):
            item = self._item(reference)
            if item is None:
                yield problem("ErrorItemNotFound", "The specified object was not found in the store.", "GetItem")
            elif has_mime and not item.has_mime:
                yield problem("ErrorMimeContentConversionFailed", "MIME content conversion failed.", "GetItem")
            else:
                shown = _shown_item(item, has_mime=has_mime, has_header=has_header)
                yield message("GetItem", f"<m:Items>{shown}</m:Items>")

    def _UpdateItem(self, asked: ElementTree.Element, user: str) -> Iterable[str]:
        for change in asked.findall("m:ItemChanges/t:ItemChange", NS):
            reference = change.find("t:ItemId", NS)
            item = self._item(reference) if reference is not None else None
            if item is None:
                yield problem("ErrorItemNotFound", "The specified object was not found in the store.", "UpdateItem")
                continue
            if asked.get("ConflictResolution") != "AlwaysOverwrite":
                yield problem("ErrorChangeKeyRequired", "A change key is required.", "UpdateItem")
                continue
            item.is_read = change.findtext(".//t:IsRead", "", NS) == "true"
            yield message("UpdateItem", f"<m:Items>{_shown_item(item)}</m:Items>")

    def _MoveItem(self, asked: ElementTree.Element, user: str) -> Iterable[str]:
        target = asked.find("m:ToFolderId", NS)
        found = self._folder(target[0], user) if target is not None else problem("ErrorToFolderNotFound")
        for reference in asked.findall("m:ItemIds/t:ItemId", NS):
            item = self._item(reference)
            if item is None or isinstance(found, str) or found[1] is None:
                yield problem("ErrorItemNotFound", "The specified object was not found in the store.", "MoveItem")
                continue
            found[0].move(item, found[1])
            yield message("MoveItem", f"<m:Items>{_shown_item(item)}</m:Items>")

    def _DeleteItem(self, asked: ElementTree.Element, user: str) -> Iterable[str]:
        for reference in asked.findall("m:ItemIds/t:ItemId", NS):
            item, mailbox = self._item(reference), self._mailbox_of(reference)
            if item is None or mailbox is None:
                yield problem("ErrorItemNotFound", "The specified object was not found in the store.", "DeleteItem")
                continue
            if asked.get("DeleteType") == "MoveToDeletedItems":
                mailbox.move(item, mailbox.well_known["deleteditems"])
            else:
                mailbox.items.remove(item)
            yield message("DeleteItem", "")

    def _CreateItem(self, asked: ElementTree.Element, user: str) -> Iterable[str]:
        target = asked.find("m:SavedItemFolderId", NS)
        found = self._folder(target[0], user) if target is not None else problem("ErrorInvalidRequest")
        if isinstance(found, str) or found[1] is None:
            yield problem("ErrorFolderNotFound", "The specified folder could not be found in the store.", "CreateItem")
            return
        mailbox, folder = found
        for said in asked.findall("m:Items/t:Message", NS):
            flags = said.findtext("t:ExtendedProperty[t:ExtendedFieldURI]/t:Value", "8", NS)
            raw = base64.b64decode(said.findtext("t:MimeContent", "", NS))
            item = FakeItem(raw, folder, clock.now(), is_draft=bool(int(flags) & 8), keeps_headers=False)
            item.is_read = said.findtext("t:IsRead", "", NS) == "true"
            mailbox.items.append(item)
            yield message("CreateItem", f"<m:Items>{_shown_item(item)}</m:Items>")

    def _page(self, operation: str, asked: ElementTree.Element, shown: list[str], *, name: str) -> str:
        view = asked.find("m:IndexedPageItemView", NS)
        view = asked.find("m:IndexedPageFolderView", NS) if view is None else view
        assert view is not None
        start, size = int(view.get("Offset", "0")), int(view.get("MaxEntriesReturned", "1000"))
        end = start + min(size, self.page_size or size)
        is_last = "true" if end >= len(shown) else "false"
        inside = (
            f'<m:RootFolder IndexedPagingOffset="{min(end, len(shown))}" TotalItemsInView="{len(shown)}" '
            f'IncludesLastItemInRange="{is_last}"><t:{name}>{"".join(shown[start:end])}</t:{name}></m:RootFolder>'
        )
        return message(operation, inside)

    def _folder(self, reference: ElementTree.Element, user: str) -> tuple[FakeMailbox, FakeFolder | None] | str:
        """The folder and its mailbox, or the message that says why not. No folder: the root."""
        wanted = reference.get("Id", "")
        if reference.tag.endswith("}FolderId"):
            for mailbox in self.mailboxes.values():
                if (folder := mailbox.folder(wanted)) is not None and folder.id == wanted:
                    return mailbox, folder
            return problem("ErrorItemNotFound", "The specified object was not found in the store.")
        owner = reference.findtext("t:Mailbox/t:EmailAddress", user, NS).lower()
        if owner not in self.mailboxes:
            return problem("ErrorNonExistentMailbox", "The SMTP address has no mailbox associated with it.")
        if not self._may_open(user, owner):
            return problem("ErrorAccessDenied", "Access is denied. Check credentials and try again.")
        mailbox = self.mailboxes[owner]
        if wanted == "msgfolderroot":
            return mailbox, None
        folder = mailbox.well_known.get(wanted)
        return (mailbox, folder) if folder else problem("ErrorFolderNotFound", "The folder could not be found.")

    def _may_open(self, user: str, owner: str) -> bool:
        if user.startswith("token "):
            allowed = self.tokens[user.removeprefix("token ")]
            return allowed is not None and owner in allowed
        return owner in self.rights.get(user, {user.lower()})

    def _shown_folder(self, mailbox: FakeMailbox, folder: FakeFolder | None) -> str:
        assert folder is not None
        parent = folder.parent.id if folder.parent else "AAMkRoot="
        return (
            f'<t:Folder><t:FolderId Id="{folder.id}" ChangeKey="AQ"/><t:ParentFolderId Id="{parent}"/>'
            f"<t:FolderClass>IPF.Note</t:FolderClass><t:DisplayName>{text(folder.name)}</t:DisplayName>"
            f"<t:TotalCount>{len(mailbox.held(folder))}</t:TotalCount></t:Folder>"
        )

    def _item(self, reference: ElementTree.Element) -> FakeItem | None:
        """By the id that it has now: after a move it has another."""
        wanted = reference.get("Id", "")
        items = (item for mailbox in self.mailboxes.values() for item in mailbox.items)
        return next((item for item in items if item.mutable_id == wanted), None)

    def _mailbox_of(self, reference: ElementTree.Element) -> FakeMailbox | None:
        wanted = reference.get("Id", "")
        boxes = self.mailboxes.values()
        return next((box for box in boxes if any(item.mutable_id == wanted for item in box.items)), None)


def _shown_item(item: FakeItem, *, has_mime: bool = False, has_header: bool = False) -> str:
    """Elements in the order of the schema; the MIME content is the first."""
    tag = TAGS.get(item.odata_type, "Message")
    received = item.received_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    mime = f'<t:MimeContent CharacterSet="UTF-8">{base64.b64encode(item.raw).decode()}</t:MimeContent>'
    header = ""
    if has_header and item.keeps_headers:
        block = item.raw.split(b"\r\n\r\n", 1)[0].decode("utf-8", "replace")
        value = f"<t:Value>{text(block)}</t:Value>"
        header = f"<t:ExtendedProperty>{_HEADER_URI}{value}</t:ExtendedProperty>"
    return (
        f'<t:{tag}>{mime if has_mime else ""}<t:ItemId Id={quoteattr(item.mutable_id)} ChangeKey="CQ{item.is_read}"/>'
        f'<t:ParentFolderId Id="{item.folder.id}" ChangeKey="AQ"/><t:ItemClass>{item.message_class}</t:ItemClass>'
        f"<t:DateTimeReceived>{received}</t:DateTimeReceived><t:Size>{len(item.raw)}</t:Size>{header}</t:{tag}>"
    )


_HEADER_URI = '<t:ExtendedFieldURI PropertyTag="0x7d" PropertyType="String"/>'


def _restriction(asked: ElementTree.Element) -> Callable[[FakeItem], bool]:
    comparison = asked.find("m:Restriction/*", NS)
    if comparison is None:
        return lambda _item: True
    constant = comparison.find("t:FieldURIOrConstant/t:Constant", NS)
    assert constant is not None
    value = constant.get("Value", "")
    if comparison.tag.endswith("}IsEqualTo"):
        return lambda item: item.internet_message_id == value
    moment = datetime.fromisoformat(value)
    return lambda item: item.received_at >= moment
