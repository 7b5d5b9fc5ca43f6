"""What is said of fetching a large message whole: what stands in the way, why it failed, and what to do."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from mailboxes.health_words import cause_words, error_words
from mailboxes.models import LARGEST_MESSAGE_BYTES, Mailbox, WholeFetch

IS_HERE = _("The whole message is here already. Reload the page.")
NOT_PROCESSED = _("The headers are not processed yet. Look again in a moment, or retry them from the inbound log.")
PAUSED = _("The mailbox is paused, so nothing is fetched from it. Resume it under Mailboxes.")
REASONS: dict[str, Promise] = {
    "message_gone": _(
        "The message is no longer in the mailbox's folder: it was deleted or moved on the server. Move it back there"
        " and fetch it again, or ask the sender to send it once more."
    ),
    "renumbered": _(
        "The server has numbered the folder anew, and the message cannot be told among the others. Look for it in the"
        " account with a mail program."
    ),
    "repointed": _(
        "The mailbox reads another account or folder by now. Look for the message in the old account with a mail"
        " program."
    ),
    "mailbox_deleted": _(
        "The mailbox was deleted here, so its server cannot be asked. Look for the message in the account with a mail"
        " program."
    ),
    "fetch_died": _(
        "The worker died each time it fetched the message; perhaps it has too little memory for it. Tell the operator,"
        " or get the message with a mail program."
    ),
    "disk_full": _("The disk of this installation is full. Have the operator make room, then fetch it again."),
    "storage_unwritable": _(
        "The data folder of this installation cannot be written. Have the operator repair it, then fetch it again."
    ),
}
_TRY_LATER = _("Try again later, or get the message from the account with a mail program.")


def failure(wish: WholeFetch) -> str:
    """Why the wish failed, and what to do."""
    if wish.reason_code == "too_large":
        return too_large()
    if wish.reason_code in REASONS:
        return str(REASONS[wish.reason_code])
    return f"{cause_words(wish.reason_code, otherwise=_('The server did not give the message.'))} {_TRY_LATER}"


def too_large() -> str:
    """It is above what is ever fetched."""
    return _now(
        "It is larger than %(n)d MB, the most that Postroom takes. Get it from the account with a mail program."
    ) % {"n": LARGEST_MESSAGE_BYTES // 1024 // 1024}


def unreachable(mailbox: Mailbox) -> str:
    """Why the mailbox cannot be read now; it is tried again by itself."""
    return _now("%(reason)s It is tried again by itself.") % {"reason": error_words(mailbox)}
