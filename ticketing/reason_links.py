"""Where the setting stands that decided about a message."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from django.urls import reverse

from helpdesk.accounts.models import Organization
from mailboxes.models import RemoteMessage
from ticketing.inbound.decisions import Reason
from ticketing.inbound.unproven import SAID
from ticketing.models import AutomaticClass

ALL = "all"
_MAPPED = {"mapped", "unread", "commanded", "not_followed"}  # by `Mapped.said`
_CLASSES: dict[str, AutomaticClass] = {
    Reason.VACATION: AutomaticClass.VACATION,
    Reason.AUTO_REPLY: AutomaticClass.AUTO_REPLY,
    Reason.READ_RECEIPT: AutomaticClass.READ_RECEIPT,
    Reason.FEEDBACK_REPORT: AutomaticClass.FEEDBACK,
    Reason.GENERATED: AutomaticClass.GENERATED,
    Reason.LIST: AutomaticClass.LIST,
}
# The field of a mailbox's form that a reason names.
_OF_MAILBOX: dict[str, str] = {
    Reason.ANSWERS_ONLY: "answers_only",
    Reason.HISTORY: "existing_mail",
    Reason.TOO_LARGE: "max_message_mb",
    Reason.SPAM_DAEMON: "asks_spam_daemon",
}
_OF_SPAM = {Reason.SPAM_HEADER, Reason.SPAM_DAEMON}  # decided by a switch of the mailbox's spam page
_LOST = {"lost_team", "unfit_assignee", "retired_category", "retired_company"}  # what the mailbox gives and is gone


def filter_url(organization: Organization, row: RemoteMessage) -> str:
    """The filter that kept the message out, at the entry that matched; "" when none did."""
    if row.reason_code not in (Reason.FILTERED, Reason.NOT_ALLOWED):
        return ""
    data = row.reason_data
    whose = ALL if data.get("of_all") else str(row.mailbox_id)
    address = reverse("mail_filter", kwargs={"slug": organization.slug, "whose": whose})
    return filter_address(address, data)


def setting_url(organization: Organization, row: RemoteMessage) -> str:
    """The setting that decided, of the organization or of the mailbox; "" when none did."""
    if row.reason_code == Reason.LOOP_STOPPED:
        return reverse("loops", kwargs={"slug": organization.slug})
    if row.reason_code == Reason.SWITCHED_OFF:
        return reverse("mail_switch", kwargs={"slug": organization.slug})
    if row.reason_code == Reason.DISCARDED and not row.reason_data.get("by"):
        return reverse("keeping_mail", kwargs={"slug": organization.slug})
    if row.reason_code in (Reason.DUPLICATE, Reason.COPY):
        return f"{reverse('mail_policy', kwargs={'slug': organization.slug})}#repeats"
    places = (writers_url, automatic_url, mailbox_url, mapping_url)
    return next(filter(None, (place(organization, row) for place in places)), "")


def mailbox_url(organization: Organization, row: RemoteMessage) -> str:
    """The setting of the mailbox that decided; "" where none did, and where the mailbox is gone."""
    name, is_spam = _OF_MAILBOX.get(row.reason_code, ""), row.reason_code in _OF_SPAM
    if not (name or is_spam or _LOST & row.reason_data.keys()) or row.mailbox.deleted_at is not None:
        return ""
    view = "mailbox_spam" if is_spam else "edit_mailbox"
    page = reverse(view, kwargs={"slug": organization.slug, "mailbox_id": row.mailbox_id})
    return f"{page}#id_{name}" if name else page


def mapping_url(organization: Organization, row: RemoteMessage) -> str:
    """Where it is set what the mail gave its ticket; "" where it gave nothing, and where the mailbox is gone."""
    if row.mailbox.deleted_at is not None or not _MAPPED & row.reason_data.keys():
        return ""
    return reverse("mail_mapping", kwargs={"slug": organization.slug, "mailbox_id": row.mailbox_id})


def filter_address(address: str, data: Mapping[str, object]) -> str:
    """The address of a filter's page with the entry that `data` names marked on it, if it names one."""
    if "value" not in data:
        return address
    named = {name: data.get(name, "") for name in ("kind", "value", "header")}
    return f"{address}?{urlencode(named)}"


def automatic_url(organization: Organization, row: RemoteMessage) -> str:
    """Where it is set what becomes of automatic mail of this class; "" when its class decided nothing."""
    kind = _CLASSES.get(row.reason_code) or ""
    if row.reason_code in (Reason.NEW_MAIL, Reason.QUIET_NOTE):
        kind = row.reason_data.get("kind", "")
    if kind not in AutomaticClass.values:
        return ""
    return f"{reverse('automatic_mail', kwargs={'slug': organization.slug})}#{AutomaticClass(kind).value}"


def writers_url(organization: Organization, row: RemoteMessage) -> str:
    """Where it is set who may write, at the choice that decided; "" when that kept nobody out.

    Where proof of the sender was all that lacked, the page of the mailbox, which tells who could give it.
    """
    data = row.reason_data
    lacks_proof = bool(data.get("proof") or data.get(SAID, {}).get("refused"))
    if not lacks_proof and row.reason_code not in (Reason.MAY_NOT_OPEN, Reason.MAY_NOT_UPDATE):
        return ""
    is_own = lacks_proof and row.mailbox.deleted_at is None
    whose = str(row.mailbox_id) if is_own or not (data.get(SAID) or data).get("of_all") else ALL
    page = reverse("writers", kwargs={"slug": organization.slug, "whose": whose})
    if lacks_proof:
        return f"{page}#proof"
    return f"{page}#{'opening' if row.reason_code == Reason.MAY_NOT_OPEN else 'updating'}"
