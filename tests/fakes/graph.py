"""Microsoft Graph's mail as its documentation and its users' reports tell it, over HTTPS on loopback.

Each answer names what it was written from: an article of learn.microsoft.com/graph, or an issue where that is all there
is. What no account at Microsoft has confirmed is true of this fake only.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import unquote, urlencode

from tests.fakes.entra import FakeEntra
from tests.fakes.graph_access import SHARED as SHARED
from tests.fakes.graph_access import Access
from tests.fakes.graph_access import graph_error as graph_error
from tests.fakes.graph_attachments import MAX_REQUEST_BYTES, Attachments
from tests.fakes.graph_mailbox import FakeAttachment, FakeFolder, FakeItem, FakeMailbox, patched
from tests.fakes.graph_subscriptions import Subscriptions
from tests.fakes.https import Answer, HttpsServer, Request, json_answer
from tests.servers.certificates import CertificateAuthority

TOKEN = "graph-token-of-the-test"
READ_WRITE, SEND, READ = "Mail.ReadWrite", "Mail.Send", "Mail.Read"
LOST_ABOVE_BYTES = 2_240_000  # MIME above it was answered with 200 and lost (docs issue 9834)
BLOCKED = "Access to OData is disabled: [RAOP] : Blocked by tenant configured AppOnly AccessPolicy settings."


def throttled(retry_after_s: int | None = None) -> Answer:
    """429 of one mailbox's concurrency (throttling-limits); Retry-After is not always there."""
    message = "Application is over its MailboxConcurrency limit."
    headers = {} if retry_after_s is None else {"Retry_After": str(retry_after_s)}
    return graph_error(429, "ApplicationThrottled", message, **headers)


@dataclass(frozen=True)
class Sent:
    """A mail that left."""

    raw: bytes
    recipients: tuple[str, ...]
    attachments: tuple[FakeAttachment, ...]
    message_id: str
    sender: str  # whose mailbox it left from


class FakeGraph(HttpsServer):
    """Graph of one cloud. `tokens` holds what each bearer token was granted."""

    def __init__(self, authority: CertificateAuthority) -> None:
        super().__init__(authority)
        self.mailboxes: dict[str, FakeMailbox] = {}
        self.tokens: dict[str, frozenset[str]] = {TOKEN: frozenset({READ_WRITE, SEND})}
        self.people: dict[str, str] = {}  # who signed in for each of these tokens, if anybody
        self.shared: dict[str, set[str]] = {}  # by mailbox, who else has full access to it
        self.no_send_as: set[str] = set()  # people who may send as nobody but themselves
        self.entra: FakeEntra | None = None  # whose tokens are good here, too, with the roles of their apps
        self.blocked: set[str] = set()  # mailboxes an access policy keeps the app away from
        self.unlicensed: set[str] = set()
        self.refused_recipients: set[str] = set()
        self.next_link_host = ""  # instead of our own
        self.page_size = 0  # smaller than what is asked for
        self.sent: list[Sent] = []
        self.subscriptions = Subscriptions(self)
        self.attachments = Attachments(self)

    def mailbox(self, user: str) -> FakeMailbox:
        """The user's mailbox, made when it is asked for first."""
        return self.mailboxes.setdefault(user.lower(), FakeMailbox(user))

    def paged(self, request: Request, values: list[dict[str, Any]], *, default: int) -> Answer:
        """$top of 1 to 1000, ten without it; the link leads on behind so many items as the folder holds by then."""
        size = self.page_size or int(request.query.get("$top", default))
        start = int(request.query.get("$skip", 0))
        body: dict[str, Any] = {"value": values[start : start + size]}
        if request.query.get("$count") == "true":
            body["@odata.count"] = len(values)  # query-parameters: of all that meets the filter, on whichever page
        if len(values) > start + size:
            query = urlencode({**request.query, "$skip": str(start + size)})
            host = self.next_link_host or request.headers["host"]
            body["@odata.nextLink"] = f"https://{host}{request.path}?{query}"
        return json_answer(body)

    def respond(self, request: Request) -> Answer:
        """The answer to anything under /v1.0/users and /v1.0/me, and to pieces of uploads."""
        if request.path.startswith("/uploads/"):
            return self.attachments.piece(request)
        access = self._access(request.bearer)
        if access is None:
            # resolve-auth-errors: absent, expired, or for another audience
            return graph_error(401, "InvalidAuthenticationToken", "Access token has expired or is not yet valid.")
        if request.path.startswith("/v1.0/subscriptions"):
            return self.subscriptions.respond(request, access)
        found = re.fullmatch(r"/v1\.0/(?:users/([^/]+)|me)(/.*)", request.path)
        if not found:
            return graph_error(404, "Request_ResourceNotFound", f"Resource '{request.path}' does not exist")
        if found[1] is None and not access.account:
            return graph_error(400, "BadRequest", "/me request is only valid with delegated authentication flow.")
        user = unquote(found[1]).lower() if found[1] else access.account
        refused = self._refused(user, request, access)
        return refused or self._routed(self.mailboxes[user], request, found[2])

    def _access(self, bearer: str) -> Access | None:
        if bearer in self.tokens:
            return Access(self.tokens[bearer], self.people.get(bearer, ""))
        issued = self.entra.tokens.get(bearer) if self.entra is not None else None
        if self.entra is None or issued is None or issued.resource != self.host:
            return None
        if not issued.account:
            return Access(frozenset(self.entra.apps[issued.client_id].roles))
        return Access(frozenset(scope.rpartition("/")[2] for scope in issued.scopes), issued.account.lower())

    def _refused(self, user: str, request: Request, access: Access) -> Answer | None:
        granted = access.at(user)
        needed = {READ_WRITE} if request.method != "GET" else {READ_WRITE, READ}
        if request.path.endswith(("/send", "/sendMail")):
            needed = {SEND}
        if not granted & needed:
            # 403 without the words of a policy: a permission is missing (resolve-auth-errors)
            return graph_error(403, "ErrorAccessDenied", "Access is denied. Check credentials and try again.")
        if user in self.blocked:
            return graph_error(403, "ErrorAccessDenied", BLOCKED)  # auth-limit-mailbox-access
        if user in self.unlicensed:
            message = "The mailbox is either inactive, soft-deleted, or is hosted on-premise."  # docs issue 405
            return graph_error(404, "MailboxNotEnabledForRESTAPI", message)
        if user not in self.mailboxes:
            return graph_error(404, "Request_ResourceNotFound", f"Resource '{user}' does not exist")
        if access.account and user != access.account:
            return self._refused_sharing(user, request, access)
        return None

    def _refused_sharing(self, user: str, request: Request, access: Access) -> Answer | None:
        """A mailbox that is not shared with the person has no folder to show; seen in reports, documented nowhere."""
        if access.account not in self.shared.get(user, set()):
            return graph_error(404, "ErrorItemNotFound", "Default folder Root not found.")
        if request.path.endswith(("/send", "/sendMail")) and access.account in self.no_send_as:
            return graph_error(403, "ErrorSendAsDenied", "The user account does not have the right to send as another.")
        return None

    def _routed(self, mailbox: FakeMailbox, request: Request, path: str) -> Answer:
        steps = [unquote(step) for step in path.strip("/").split("/")]
        match (request.method, *steps):
            case ("GET", "mailFolders"):
                return self._folders(request, mailbox, mailbox.children(None))
            case ("GET", "mailFolders", reference):
                return self._one_folder(mailbox, reference)
            case ("GET", "mailFolders", reference, "childFolders"):
                folder = mailbox.folder(reference)
                return self._folders(request, mailbox, mailbox.children(folder)) if folder else _no_folder()
            case ("GET", "mailFolders", reference, "messages"):
                folder = mailbox.folder(reference)
                return self._messages(request, mailbox, folder) if folder else _no_folder()
            case (_, "mailFolders", reference, "messages", message, *rest):
                # That what lies elsewhere is not found so is no documented fact.
                item = mailbox.item(message)
                if item is not None and item.folder is not mailbox.folder(reference):
                    return graph_error(404, "ErrorItemNotFound")
                return self._one(request, mailbox, message, rest)
            case ("POST", "messages"):
                return self._draft(request, mailbox)
            case ("POST", "sendMail"):
                return self._send_mail(request, mailbox)
            case (_, "messages", reference, *rest):
                return self._one(request, mailbox, reference, rest)
        return graph_error(400, "BadRequest", "Resource not found for the segment")

    def _one(self, request: Request, mailbox: FakeMailbox, reference: str, rest: list[str]) -> Answer:
        item = mailbox.item(reference)
        if item is not None:
            return self._message(request, mailbox, item, rest)
        # A malformed id is another error than one of something gone (errors).
        if reference.startswith("AA"):
            return graph_error(404, "ErrorItemNotFound")
        return graph_error(400, "ErrorInvalidIdMalformed")

    def _one_folder(self, mailbox: FakeMailbox, reference: str) -> Answer:
        folder = mailbox.folder(reference)
        return json_answer(_folder(mailbox, folder)) if folder else _no_folder()

    def _folders(self, request: Request, mailbox: FakeMailbox, folders: list[FakeFolder]) -> Answer:
        return self.paged(request, [_folder(mailbox, folder) for folder in folders], default=10)

    def _messages(self, request: Request, mailbox: FakeMailbox, folder: FakeFolder) -> Answer:
        condition, order = request.query.get("$filter", ""), request.query.get("$orderby", "")
        if condition and order and order.split()[0] not in condition:
            # user-list-messages: what is ordered by must be filtered by
            return graph_error(400, "InefficientFilter", "The restriction or sort order is too complex.")
        is_immutable = "ImmutableId" in request.headers.get("prefer", "")
        values = []
        for item in mailbox.held(folder):
            if not _meets(item, condition):
                continue
            value = _selected(item.shown(is_immutable=is_immutable), request.query.get("$select", ""))
            if "singleValueExtendedProperties" in request.query.get("$expand", ""):
                value["singleValueExtendedProperties"] = item.extended(request.query["$expand"])
            values.append(value)
        if order == "receivedDateTime desc":
            values.reverse()
        return self.paged(request, values, default=10)

    def _message(self, request: Request, mailbox: FakeMailbox, item: FakeItem, rest: list[str]) -> Answer:
        is_immutable = "ImmutableId" in request.headers.get("prefer", "")
        match (request.method, *rest):
            case ("GET",):
                return json_answer(_selected(item.shown(is_immutable=is_immutable), request.query.get("$select", "")))
            case ("GET", "$value"):
                return self._mime(item)
            case ("PATCH",):
                code = patched(item, json.loads(request.body))
                return graph_error(400, code) if code else json_answer(item.shown(is_immutable=is_immutable))
            case ("DELETE",):
                return _deleted(mailbox, item)
            case ("POST", "move"):
                folder = mailbox.folder(json.loads(request.body)["destinationId"])
                if folder is None:
                    return _no_folder()
                mailbox.move(item, folder)
                return json_answer(item.shown(is_immutable=is_immutable), status=201)
            case ("POST", "send"):
                return self._send(mailbox, item)
            case (_, "attachments", *which):
                return self.attachments.respond(request, item, which)
        return graph_error(400, "BadRequest")

    def _mime(self, item: FakeItem) -> Answer:
        if not item.has_mime:
            return graph_error(500, "ErrorInternalServerError", "An internal server error occurred.")
        return Answer(content=item.raw, media_type="text/plain")  # outlook-get-mime-message

    def _draft(self, request: Request, mailbox: FakeMailbox) -> Answer:
        if len(request.body) > MAX_REQUEST_BYTES:
            return graph_error(413, "RequestEntityTooLarge")
        try:
            raw = base64.b64decode(request.body, validate=True)
        except binascii.Error:
            return graph_error(400, "ErrorMimeContentInvalidBase64String")  # user-sendmail
        if request.headers.get("content-type") != "text/plain":
            return graph_error(400, "BadRequest", "This fake takes MIME alone")
        if len(raw) > LOST_ABOVE_BYTES:
            return json_answer({})
        is_immutable = "ImmutableId" in request.headers.get("prefer", "")
        return json_answer(mailbox.draft(raw).shown(is_immutable=is_immutable), status=201)

    def _send(self, mailbox: FakeMailbox, item: FakeItem) -> Answer:
        """202 with no id: accepted. The draft becomes the copy in Sent Items, under its immutable id."""
        if not item.is_draft:
            return graph_error(400, "ErrorInvalidOperation", "The item is no draft.")
        if not item.addresses():
            return graph_error(400, "ErrorInvalidRecipients", "At least one recipient isn't valid.")
        if self.refused_recipients & set(item.addresses()):
            return graph_error(400, "ErrorInvalidRecipients", "At least one recipient isn't valid.")
        item.is_draft, item.keeps_headers = False, False
        mailbox.move(item, mailbox.well_known["sentitems"])
        self._leave(mailbox, item)
        return Answer(status=202)

    def _send_mail(self, request: Request, mailbox: FakeMailbox) -> Answer:
        raw = base64.b64decode(request.body)
        return self._send(mailbox, mailbox.draft(raw))

    def _leave(self, mailbox: FakeMailbox, item: FakeItem) -> None:
        recipients = tuple(item.addresses())
        self.sent.append(Sent(item.raw, recipients, tuple(item.attachments), item.internet_message_id, mailbox.user))
        for recipient in recipients:
            if recipient.lower() in self.mailboxes:
                self.mailboxes[recipient.lower()].deliver(item.raw)


def _folder(mailbox: FakeMailbox, folder: FakeFolder) -> dict[str, Any]:
    return {
        "id": folder.id,
        "displayName": folder.name,
        "parentFolderId": folder.parent.id if folder.parent else "AAMkRoot=",
        "childFolderCount": len(mailbox.children(folder)),
        # All types of items, not mails alone (mailFolder resource).
        "totalItemCount": len(mailbox.held(folder)),
    }


def _no_folder() -> Answer:
    return graph_error(404, "ErrorItemNotFound", "The specified object was not found in the store.")


def _meets(item: FakeItem, condition: str) -> bool:
    if since := re.fullmatch(r"receivedDateTime ge (\S+)", condition):
        return item.received_at >= datetime.fromisoformat(since[1])
    if of_sender := re.fullmatch(r"receivedDateTime ge (\S+) and receivedDateTime le (\S+) and \((.+)\)", condition):
        senders = re.findall(r"from/emailAddress/address eq '((?:[^']|'')*)'", of_sender[3])
        is_then = _moment(of_sender[1]) <= item.received_at <= _moment(of_sender[2])
        return is_then and item.sender_address().lower() in {each.replace("''", "'").lower() for each in senders}
    if same := re.fullmatch(r"internetMessageId eq '(.*)'", condition):
        return item.internet_message_id == same[1].replace("''", "'")
    assert not condition, condition
    return True


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _selected(value: dict[str, Any], select: str) -> dict[str, Any]:
    names = {"@odata.type", "id", *select.split(",")}
    return {name: found for name, found in value.items() if not select or name in names}


def _deleted(mailbox: FakeMailbox, item: FakeItem) -> Answer:
    """To Deleted Items; what lies there already is gone for good."""
    trash = mailbox.well_known["deleteditems"]
    if item.folder is trash:
        mailbox.items.remove(item)
    else:
        mailbox.move(item, trash)
    return Answer(status=204)
