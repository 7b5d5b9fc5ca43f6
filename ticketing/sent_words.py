"""What the log says of mail in a folder of sent mail."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from mailboxes.ledger_words import joined
from ticketing.models import ThreadReason

Data = Mapping[str, Any]


def sent_elsewhere(data: Data) -> str:
    """What people of ours sent with a mail program: its ticket and why that one, or why it is ignored."""
    if "ticket" not in data:
        if data.get("is_auto"):
            return _("Sent from this account, and not by a person: ignored.")
        return _("Sent from this account with a mail program. It belongs to no ticket, so it is ignored.")
    found, detail = str(ThreadReason(data["sign"]).label), data.get("detail")
    return joined(
        _("Sent with a mail program: added to ticket #%(ticket)s as an answer.") % {"ticket": data["ticket"]},
        f"{found} ({detail})." if detail else f"{found}.",
    )


def sent_from_here(_data: Data) -> str:
    """Our own mail there."""
    return _("Our own mail, as it lies in the folder of sent mail. It is not brought in again.")
