"""Exchange Web Services as their documentation and their users' reports tell them, over HTTPS on loopback.

The mailboxes are those of the fake of Microsoft Graph: it is the same store, of which these services show the ids that
change when a message is moved. What no Exchange server has confirmed is true of this fake only.
https://learn.microsoft.com/exchange/client-developer/web-service-reference/ews-reference-for-exchange
"""

from __future__ import annotations

import base64
import re
from collections import deque
from collections.abc import Iterable
from xml.etree import ElementTree

import spnego
from spnego.exceptions import SpnegoError

from helpdesk.lib import clock
from tests.fakes.entra import FakeEntra
from tests.fakes.ews_items import change_key, imported, properties_of, readdress, restriction, shown_item
from tests.fakes.ews_soap import FAULT_STATUS, NS, envelope, fault, message, problem, text
from tests.fakes.graph import Sent
from tests.fakes.graph_mailbox import FakeFolder, FakeItem, FakeMailbox
from tests.fakes.https import Answer, Fault, HttpsServer, Request
from tests.servers.certificates import Certificate, CertificateAuthority

TOKEN = "ews-token-of-the-test"
PASSWORD = "s3cret-word"
SIGN_INS = {"ntlm": "NTLM", "basic": 'Basic realm="exchange"', "bearer": "Bearer"}
VERSIONS = {"Exchange2010_SP2": (14, 2), "Exchange2013_SP1": (15, 0), "Exchange2016": (15, 1)}


FULL_ACCESS = "full_access_as_app"
AS_USER = "EWS.AccessAsUser.All"
NO_PERMISSION = "The token contains no permissions, or permissions can not be understood."  # otris/ews-cpp issue 148
NOT_ENOUGH = "The token contains not enough scope to make this call."  # Garethp/php-ews issue 222
_OPERATION = re.compile(rb"<(?:\w+:)?Body>\s*<(?:\w+:)?(\w+)")


class FakeEws(HttpsServer):
    """The services of one server. `users` holds passwords, `tokens` good bearer tokens and whom they may act as.

    `entra`, if set, gives tokens that are good here, too: of apps with FULL_ACCESS, and of people for AS_USER.
    """

    def __init__(self, authority: CertificateAuthority, *, certificate: Certificate | None = None) -> None:
        super().__init__(authority, certificate=certificate)
        self.mailboxes: dict[str, FakeMailbox] = {}
        self.users: dict[str, str] = {}
        self.rights: dict[str, set[str]] = {}  # which mailboxes a user may open; its own name's without an entry
        self.impersonators: set[str] = set()  # users with the role ApplicationImpersonation
        self.blocked: set[str] = set()  # mailboxes an access policy keeps apps away from
        self.entra: FakeEntra | None = None
        self.faults_at: dict[str, deque[Answer | Fault]] = {}
        self.tokens: dict[str, set[str] | None] = {TOKEN: None}  # None: an app that may impersonate everybody
        self.offers = ["ntlm", "basic"]
        self.version = "Exchange2016"
        self.page_size = 0  # smaller than what is asked for
        self.max_message_bytes = 35 * 1024 * 1024  # of the organization: what is larger is not sent
        self.refused_recipients: set[str] = set()
        self.sent: list[Sent] = []
        self.operations: list[str] = []
        self.signed_in: list[str] = []  # who asked, one for each operation
        self._ntlm: dict[int, spnego.ContextProxy] = {}
        self._by_connection: dict[int, str] = {}

    def mailbox(self, user: str) -> FakeMailbox:
        """The user's mailbox, made when it is asked for first."""
        return self.mailboxes.setdefault(user.lower(), FakeMailbox(user))

    def next_at(self, operation: str, *instead: Answer | Fault) -> None:
        """The next requests for this operation by somebody who has signed in get these instead, one each."""
        with self.lock:
            self.faults_at.setdefault(operation, deque()).extend(instead)

    def handle(self, request: Request) -> Answer | Fault:
        """The answer, or the fault that was ordered for the path or the operation."""
        found = _OPERATION.search(request.body)
        queue = self.faults_at.get(found[1].decode()) if found else None
        if not queue or "authorization" not in request.headers:
            return super().handle(request)
        with self.lock:
            self.requests.append(request)
            instead = queue.popleft()
            if instead is Fault.CUT_AFTER:
                self.respond(request)
            return instead

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
        if impersonated and not self._may_impersonate(user):
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
        if kind == "Bearer" and "bearer" in self.offers:
            return self._bearer(request, proof)
        if kind == "Basic" and "basic" in self.offers:
            user, _, password = base64.b64decode(proof).decode().partition(":")
            return user if self.users.get(user) == password else self._refused()
        if kind == "NTLM" and "ntlm" in self.offers:
            return self._ntlm_step(request, proof)
        return self._refused()

    def _bearer(self, request: Request, token: str) -> str | Answer:
        """Who the token stands for; 401 or 403 with words or without, as each was seen."""
        issued = self.entra.tokens.get(token) if self.entra is not None else None
        if token not in self.tokens and (issued is None or issued.resource not in (self.host, "localhost")):
            return self._refused()
        if self.entra is not None and issued is not None:
            roles = self.entra.apps[issued.client_id].roles
            if not issued.account and FULL_ACCESS not in roles:
                return self._refused(diagnostics=f'2000008;reason="{NO_PERMISSION}";error_category="invalid_grant"')
            if issued.account and not any(scope.endswith(f"/{AS_USER}") for scope in issued.scopes):
                told = f'2000008;reason="{NOT_ENOUGH}";error_category="invalid_grant"'
                return Answer(status=403, headers={"x-ms-diagnostics": told})
        if request.headers.get("x-anchormailbox", "").lower() in self.blocked:
            return Answer(status=403)  # David-Barrett-MS/PowerShell-EWS-Scripts issue 62: a policy
        return f"token {token}"

    def _acts_as(self, token: str) -> set[str] | None:
        """Whose mailboxes the token opens; None: an app that may impersonate everybody."""
        if token in self.tokens:
            return self.tokens[token]
        assert self.entra is not None
        account = self.entra.tokens[token].account.lower()
        return self.rights.get(account, {account}) if account else None

    def _may_impersonate(self, user: str) -> bool:
        if user.startswith("token "):
            return self._acts_as(user.removeprefix("token ")) is None
        return user in self.impersonators

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

    def _refused(self, *, diagnostics: str = "") -> Answer:
        headers = {"WWW-Authenticate": ", ".join(SIGN_INS[name] for name in self.offers)}
        return Answer(status=401, headers=headers | ({"x-ms-diagnostics": diagnostics} if diagnostics else {}))

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
        is_meant = restriction(asked)
        has_sender = asked.find(".//t:ExtendedFieldURI[@PropertyTag='0x0065']", NS) is not None
        shown = [shown_item(item, has_sender=has_sender) for item in mailbox.held(folder) if is_meant(item)]
        if asked.find("m:SortOrder/t:FieldOrder[@Order='Descending']", NS) is not None:
            shown.reverse()
        yield self._page("FindItem", asked, shown, name="Items")

    def _GetItem(self, asked: ElementTree.Element, user: str) -> Iterable[str]:
        named = [uri.get("PropertyName", "") for uri in asked.iterfind("m:ItemShape//t:ExtendedFieldURI", NS)]
        has_mime = asked.findtext("m:ItemShape/t:IncludeMimeContent", "", NS) == "true"
        has_header = asked.find(".//t:ExtendedFieldURI[@PropertyTag='0x007D']", NS) is not None
        for reference in asked.findall("m:ItemIds/t:ItemId", NS):
            item = self._item(reference)
            if item is None:
                yield problem("ErrorItemNotFound", "The specified object was not found in the store.", "GetItem")
            elif has_mime and not item.has_mime:
                yield problem("ErrorMimeContentConversionFailed", "MIME content conversion failed.", "GetItem")
            else:
                shown = shown_item(item, has_mime=has_mime, has_header=has_header, named=named)
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
            if change.find("t:Updates/t:SetItemField/t:FieldURI[@FieldURI='message:IsRead']", NS) is not None:
                item.is_read = change.findtext(".//t:IsRead", "", NS) == "true"
            if readdress(item, change) and not item.is_draft:
                yield problem("ErrorInvalidPropertyUpdateSentMessage", operation="UpdateItem")
                continue
            yield message("UpdateItem", f"<m:Items>{shown_item(item)}</m:Items>")

    def _MoveItem(self, asked: ElementTree.Element, user: str) -> Iterable[str]:
        target = asked.find("m:ToFolderId", NS)
        found = self._folder(target[0], user) if target is not None else problem("ErrorToFolderNotFound")
        for reference in asked.findall("m:ItemIds/t:ItemId", NS):
            item = self._item(reference)
            if item is None or isinstance(found, str) or found[1] is None:
                yield problem("ErrorItemNotFound", "The specified object was not found in the store.", "MoveItem")
                continue
            found[0].move(item, found[1])
            yield message("MoveItem", f"<m:Items>{shown_item(item)}</m:Items>")

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
            tags, named = properties_of(said)
            raw = imported(base64.b64decode(said.findtext("t:MimeContent", "", NS)), named)
            is_draft = bool(int(tags.get("0x0e07", "8")) & 8)  # MSGFLAG_UNSENT, which a new item has
            item = FakeItem(raw, folder, clock.now(), is_draft=is_draft, keeps_headers=False, properties=named)
            item.is_read = said.findtext("t:IsRead", "", NS) == "true"
            mailbox.items.append(item)
            yield message("CreateItem", f"<m:Items>{shown_item(item)}</m:Items>")

    def _SendItem(self, asked: ElementTree.Element, user: str) -> Iterable[str]:
        """The draft leaves, and lies in Sent Items then if that is asked for, under another id (senditem-operation)."""
        for reference in asked.findall("m:ItemIds/t:ItemId", NS):
            item, mailbox = self._item(reference), self._mailbox_of(reference)
            code = self._unsendable(item, reference)
            if item is None or mailbox is None or code:
                yield problem(code, operation="SendItem")
                continue
            item.is_draft = False
            recipients = tuple(item.addresses())
            self.sent.append(Sent(item.raw, recipients, (), item.internet_message_id, mailbox.user))
            mailbox.move(item, mailbox.well_known["sentitems"])
            if asked.get("SaveItemToFolder") != "true":
                mailbox.items.remove(item)
            for recipient in recipients:
                if recipient.lower() in self.mailboxes:
                    self.mailboxes[recipient.lower()].deliver(item.raw)
            yield message("SendItem", "")

    def _unsendable(self, item: FakeItem | None, reference: ElementTree.Element) -> str:
        """The code of why it is not sent; "" where it is."""
        if item is None:
            return "ErrorItemNotFound"
        if not reference.get("ChangeKey"):
            return "ErrorChangeKeyRequired"  # responsecode: SendItem wants the current one
        if reference.get("ChangeKey") != change_key(item):
            return "ErrorStaleObject"
        if not item.is_draft:
            return "ErrorInvalidOperation"
        if not item.addresses():
            return "ErrorMissingRecipients"
        if self.refused_recipients & set(item.addresses()):
            return "ErrorInvalidRecipients"
        return "ErrorMessageSizeExceeded" if len(item.raw) > self.max_message_bytes else ""

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
            allowed = self._acts_as(user.removeprefix("token "))
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
