"""What a mailbox cannot be, said before anything is written."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models.functions import Lower
from django.utils.translation import gettext as _

from helpdesk.accounts.models import MAX_POLL_INTERVAL_S, MIN_POLL_INTERVAL_S
from helpdesk.lib.errors import DomainError
from mailboxes.connectors.base import AfterImport
from mailboxes.connectors.config import Security
from mailboxes.connectors.errors import ConnectorError
from mailboxes.connectors.known_hosts import is_microsoft
from mailboxes.connectors.registry import traits_of
from mailboxes.models import AfterImportChoice, ConnectionKind, Mailbox
from mailboxes.services.setup.mailbox_inputs import MailboxInput, OutgoingInput, ServerInput
from mailboxes.services.setup.network_limits import refuse_cleartext

_CONTROLS = frozenset("\r\n\0")


class Refused(DomainError):
    """A value of a mailbox cannot be; `code` names the field or the rule."""


def refuse_what_cannot_be(data: MailboxInput, *, mailbox: Mailbox | None = None) -> None:
    """Raises Refused for control characters, bad addresses or numbers, clear text without leave, or a taken address."""
    _refuse_controls(data)
    _refuse_lengths(data)
    _refuse_clear_text(data)
    _refuse_numbers(data)
    for address in (data.address, *data.aliases):
        _refuse_address(address.strip())
    _refuse_impossible(data)
    _refuse_password(data)
    if data.after_import == AfterImportChoice.MOVE and data.after_import_folder in ("", data.folder):
        raise Refused(_("Choose another folder that imported mail is moved to."), code="after_import_folder")
    _refuse_taken(data.address, folder=data.folder, mailbox=mailbox)


def refuse_address(address: str, *, folder: str, mailbox: Mailbox | None) -> None:
    """Raises Refused for what is no address, and for one that another mailbox reads from this folder already."""
    _refuse_address(address.strip())
    _refuse_taken(address, folder=folder, mailbox=mailbox)


def _refuse_password(data: MailboxInput) -> None:
    """Microsoft's servers let nobody read mail with a password."""
    if data.incoming.password and is_microsoft(data.incoming.host):
        raise Refused(_("Microsoft takes no passwords here any more. Sign in with Microsoft instead."), code="host")


def _refuse_impossible(data: MailboxInput) -> None:
    """What the kind of connection cannot do."""
    traits, kind = traits_of(data.incoming.kind), ConnectionKind(data.incoming.kind).label
    if AfterImport(data.after_import) not in traits.after_import:
        sentence = _("%(kind)s can neither mark a message as read nor move it. Leave it, or delete it after some days.")
        raise Refused(sentence % {"kind": kind}, code="after_import")
    if not traits.has_folders and data.folder != "INBOX":
        raise Refused(_("%(kind)s has no folders: all mail is in INBOX.") % {"kind": kind}, code="folder")


def _refuse_controls(data: MailboxInput) -> None:
    outgoing = data.outgoing
    texts = [data.name, data.address, data.folder, data.after_import_folder, data.from_name, *data.aliases]
    texts += [data.incoming.host, data.incoming.username, data.incoming.password]
    texts += [outgoing.host, *(outgoing.account or ())] if outgoing else []
    texts += [data.remote_user, *((data.app.client_id, data.app.client_secret) if data.app else ())]
    if any(_CONTROLS & set(text) for text in texts):
        raise Refused(_("Line breaks cannot be part of an entry. Type it again."), code="control_characters")


def _refuse_lengths(data: MailboxInput) -> None:
    server = [(data.incoming.host, 253, "host"), (data.incoming.username, 320, "username")]
    app = [(data.app.client_id, 200, "client_id"), (data.app.tenant, 100, "tenant")] if data.app else []
    texts = [(data.name, 80, "name"), (data.folder, 400, "folder"), *(server if _has_server(data) else []), *app]
    for text, limit, code in texts:
        if not text.strip():
            raise Refused(_("Name, server, user name and folder cannot be empty."), code=code)
        if len(text) > limit:
            raise Refused(_("This is too long: %(text)s…") % {"text": text[:40]}, code=code)


def _refuse_clear_text(data: MailboxInput) -> None:
    for server in _servers(data):
        try:
            refuse_cleartext(Security(server.security))
        except ConnectorError:
            raise Refused(
                _("Connections without encryption are not allowed here. Choose TLS or STARTTLS."), code="cleartext"
            ) from None


def _refuse_numbers(data: MailboxInput) -> None:
    for server in _servers(data):
        if not 1 <= server.port <= 65_535:
            raise Refused(_("A port is a number from 1 to 65535."), code="port")
    interval_s = data.poll_interval_s
    if interval_s is not None and not MIN_POLL_INTERVAL_S <= interval_s <= MAX_POLL_INTERVAL_S:
        raise Refused(_("The poll interval is 10 seconds to 1 day."), code="poll_interval_s")
    if data.after_import_days < 0 or data.max_message_bytes < 1:
        raise Refused(_("Days and sizes cannot be negative."), code="numbers")


def _servers(data: MailboxInput) -> list[ServerInput | OutgoingInput]:
    incoming = [data.incoming] if _has_server(data) else []
    return [*incoming, data.outgoing] if data.outgoing else [*incoming]


def _has_server(data: MailboxInput) -> bool:
    """True if its mail is read from a server; False if it is brought here."""
    return traits_of(data.incoming.kind).is_polled


def _refuse_address(address: str) -> None:
    try:
        validate_email(address)
    except ValidationError:
        raise Refused(_("This is not a mail address: %(address)s") % {"address": address}, code="address") from None
    if len(address) > 320:
        raise Refused(_("The mail address is too long."), code="address")


def _refuse_taken(address: str, *, folder: str, mailbox: Mailbox | None) -> None:
    same = Mailbox.objects.annotate(lower=Lower("address")).filter(
        lower=address.strip().lower(), folder=folder, deleted_at=None
    )
    other = same.exclude(id=mailbox.id if mailbox else None).first()
    if other is not None and other.is_draft:
        sentence = _("%(address)s is being set up already: go on with it, or delete it, in the list of mailboxes.")
        raise Refused(sentence % {"address": other.address}, code="address_taken")
    if other is not None:
        sentence = _("There is a mailbox with this address and folder already: %(address)s.")
        raise Refused(sentence % {"address": other.address}, code="address_taken")
