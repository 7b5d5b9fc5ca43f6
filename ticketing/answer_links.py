"""Where it is set what decided that an automatic answer was not sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.urls import reverse

from helpdesk.accounts.models import Organization
from ticketing.answering.refusals import NoAnswer
from ticketing.models import AutomaticAnswer

_PAGES: Mapping[str, str] = {
    NoAnswer.LISTED: "automatic_answers",
    NoAnswer.SUPPRESSED: "suppressions",
    NoAnswer.BOUNCED: "bounced_addresses",
    NoAnswer.OVER_BUDGET: "automatic_answers",
    NoAnswer.PAIR_OVER_BUDGET: "loops",
    NoAnswer.MAILBOX_OVER_BUDGET: "loops",
    NoAnswer.HERE_OVER_BUDGET: "loops",
}
_PLACES: Mapping[str, str] = {
    NoAnswer.LISTED: "#never",
    NoAnswer.OVER_BUDGET: "#limits",
    NoAnswer.PAIR_OVER_BUDGET: "#limits",
    NoAnswer.MAILBOX_OVER_BUDGET: "#limits",
}


def answer_setting_url(organization: Organization, answer: AutomaticAnswer) -> str:
    """The page where it is set, or where a budget that was spent may be let go on; "" where neither is.

    With the mailbox of its mail.
    """
    code = answer.reason_code
    names: dict[str, Any] = {"slug": organization.slug}
    if code == NoAnswer.NO_SERVER:
        mailbox = answer.raw.mailbox
        if mailbox.deleted_at is not None:  # another one would have sent it
            return reverse("mailboxes", kwargs=names)
        return reverse("edit_mailbox", kwargs={**names, "mailbox_id": mailbox.pk}) + "#sending"
    if answer.reason_data.get("is_known"):  # what decided is that nobody has looked
        return reverse("loops", kwargs=names)
    if code not in _PAGES:
        return ""
    return reverse(_PAGES[code], kwargs=names) + _PLACES.get(code, "")
