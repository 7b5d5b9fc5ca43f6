"""The page of the setting that a step went by, whether it decided or let the mail pass."""

from __future__ import annotations

from collections.abc import Callable

from django.urls import reverse

from helpdesk.accounts.models import Organization
from mailboxes.models import RemoteMessage
from ticketing.models import AutomaticClass
from ticketing.reason_links import ALL, filter_url, setting_url
from ticketing.steps.view import Data, seen

Find = Callable[[Organization, RemoteMessage, Data], str]

# Nobody can set anything about these: they go by what the mail is, or by what a person has said about it.
WITHOUT_SETTING = frozenset(
    {"join_as_ordered", "complete_message", "ignore_own_mail", "ignore_check_mail", "tie_bounce", "add_answer"}
)


def step_url(name: str, organization: Organization, entry: RemoteMessage) -> str:
    """The address of the setting; "" where there is none, or where it was the mailbox's, which is gone."""
    find = _FINDS.get(name)
    return find(organization, entry, (seen(entry) or {}).get(name, {})) if find else ""


def deciding_url(name: str, organization: Organization, entry: RemoteMessage) -> str:
    """The address of what decided: the very entry or choice that the reason names, else the step's setting."""
    of_reason = filter_url(organization, entry) or setting_url(organization, entry)
    return of_reason or step_url(name, organization, entry)


def _repeats(organization: Organization, _entry: RemoteMessage, _data: Data) -> str:
    return _page("mail_policy", organization) + "#repeats"


def _automatic(organization: Organization, _entry: RemoteMessage, data: Data) -> str:
    kind = data.get("kind", "")
    return _page("automatic_mail", organization) + (f"#{kind}" if kind in AutomaticClass.values else "")


def _filter(organization: Organization, entry: RemoteMessage, data: Data) -> str:
    """The mailbox's own filter where that alone is set, or none is; else that of all mailboxes, which comes first."""
    if "all" in data or _is_gone(entry):
        return _page("mail_filter", organization, whose=ALL)
    return _page("mail_filter", organization, whose=entry.mailbox_id)


def _loops(organization: Organization, _entry: RemoteMessage, _data: Data) -> str:
    return _page("loops", organization) + "#limits"


def _writers(place: str) -> Find:
    def find(organization: Organization, entry: RemoteMessage, data: Data) -> str:
        whose = ALL if data.get("of_all", True) or _is_gone(entry) else entry.mailbox_id
        return f"{_page('writers', organization, whose=whose)}#{place}"

    return find


def _of_mailbox(view: str, *, field: str = "") -> Find:
    def find(organization: Organization, entry: RemoteMessage, _data: Data) -> str:
        if _is_gone(entry):
            return ""
        return _page(view, organization, mailbox_id=entry.mailbox_id) + (f"#id_{field}" if field else "")

    return find


def _rules(organization: Organization, _entry: RemoteMessage, _data: Data) -> str:
    return _page("rules", organization)


def _switch(organization: Organization, _entry: RemoteMessage, _data: Data) -> str:
    return _page("mail_switch", organization)


def _quotes(organization: Organization, _entry: RemoteMessage, _data: Data) -> str:
    return _page("mail_policy", organization) + "#quotes"


def _is_gone(entry: RemoteMessage) -> bool:
    return entry.mailbox_id is None or entry.mailbox.deleted_at is not None


def _page(view: str, organization: Organization, **names: object) -> str:
    return reverse(view, kwargs={"slug": organization.slug, **names})


_FINDS: dict[str, Find] = {
    "ignore_twin": _repeats,
    "take_sent": _of_mailbox("sent_items"),
    "ignore_report": _automatic,
    "ignore_automatic_answer": _automatic,
    "ignore_generated": _automatic,
    "note_automatic": _automatic,
    "ignore_filtered": _filter,
    "ignore_unlisted": _filter,
    "stop_loop": _loops,
    "check_updater": _writers("updating"),
    "ignore_while_off": _switch,
    "ignore_new_mail": _of_mailbox("edit_mailbox", field="answers_only"),
    "check_opener": _writers("opening"),
    "recognise_spam": _of_mailbox("mailbox_spam"),
    "open_ticket": _of_mailbox("edit_mailbox"),
    # Not steps of the policy: what is before the first, and after the last.
    "size": _of_mailbox("edit_mailbox", field="max_message_mb"),
    "requester": _of_mailbox("mail_mapping"),
    "mapping": _of_mailbox("mail_mapping"),
    "commands": _of_mailbox("mail_mapping"),
    "rules": _rules,
    "quotes": _quotes,
    "answers": _of_mailbox("mailbox_answers"),
}
