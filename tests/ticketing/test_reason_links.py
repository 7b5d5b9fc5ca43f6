"""From the reason of a verdict a link leads to the setting that decided."""

from __future__ import annotations

from typing import Any

import pytest

from helpdesk.accounts.models import Organization
from helpdesk.lib import clock
from mailboxes.models import Mailbox, RawMessage, RemoteMessage
from ticketing.answer_words import answer_views
from ticketing.models import AnswerState, AutomaticAnswer
from ticketing.reason_links import setting_url

OF_MAILBOX = "/o/fernhollow/mailboxes/7/"


def leads_to(reason: str, data: dict[str, Any], **mailbox: Any) -> str:
    """Where the link of this reason goes, of a message of mailbox 7."""
    row = RemoteMessage(reason_code=reason, reason_data=data, mailbox=Mailbox(pk=7, **mailbox))
    return setting_url(Organization(slug="fernhollow"), row)


@pytest.mark.parametrize(
    ("reason", "data", "page"),
    [
        ("answers_only", {}, f"{OF_MAILBOX}#id_answers_only"),
        ("switched_off", {}, "/o/fernhollow/mailboxes/email-to-ticket/"),
        ("history", {"is_open": True}, f"{OF_MAILBOX}#id_existing_mail"),
        ("too_large", {"size_bytes": 9, "limit_bytes": 8}, f"{OF_MAILBOX}#id_max_message_mb"),
        ("spam_daemon", {"daemon": {}}, f"{OF_MAILBOX}spam/#id_asks_spam_daemon"),
        ("spam_header", {"signal": "dmarc"}, f"{OF_MAILBOX}spam/"),
        ("new_mail", {"lost_team": "Repairs"}, OF_MAILBOX),
        ("new_mail", {"mapped": ["Type"]}, "/o/fernhollow/mapping/7/"),
        ("new_mail", {}, ""),
        ("generated", {}, "/o/fernhollow/automatic-mail/#generated"),
        ("may_not_open", {"of_all": True}, "/o/fernhollow/who-may-write/all/#opening"),
        ("may_not_update", {"of_all": False}, "/o/fernhollow/who-may-write/7/#updating"),
        ("duplicate", {"ticket": 1}, "/o/fernhollow/incoming-mail/#repeats"),
        ("loop_stopped", {"scope": "sender"}, "/o/fernhollow/loops/"),
        ("discarded", {"by": ""}, "/o/fernhollow/keeping-mail/"),
        ("discarded", {"by": "Adam Admin"}, ""),  # a person did
        ("own_mail", {}, ""),
    ],
)
def test_a_reason_leads_to_the_setting_that_decided(reason: str, data: dict[str, Any], page: str) -> None:
    assert leads_to(reason, data) == page


@pytest.mark.parametrize("reason", ["answers_only", "history", "too_large", "spam_header"])
def test_a_mailbox_that_is_gone_has_no_setting_to_open(reason: str) -> None:
    assert leads_to(reason, {}, deleted_at=clock.now()) == ""


@pytest.mark.parametrize(
    ("reason", "data", "mailbox", "page"),
    [
        ("listed", {"kind": "words", "value": "x"}, {}, "/o/fernhollow/automatic-answers/#never"),
        ("suppressed", {"address": "a@b.test"}, {}, "/o/fernhollow/outbox/suppressions/"),
        ("bounced", {"address": "a@b.test", "at": ""}, {}, "/o/fernhollow/outbox/suppressions/bounced/"),
        ("over_budget", {"count": 2}, {}, "/o/fernhollow/automatic-answers/#limits"),
        ("over_budget", {"count": 2, "is_known": True}, {}, "/o/fernhollow/loops/"),
        ("here_over_budget", {"count": 2}, {}, "/o/fernhollow/loops/"),
        ("no_server", {}, {}, f"{OF_MAILBOX}#sending"),
        ("no_server", {}, {"deleted_at": clock.now()}, "/o/fernhollow/mailboxes/"),
        ("history", {}, {}, ""),
    ],
)
def test_the_reason_of_a_withheld_answer_leads_to_what_decided(
    reason: str, data: dict[str, Any], mailbox: dict[str, Any], page: str
) -> None:
    answer = AutomaticAnswer(
        state=AnswerState.WITHHELD,
        cause="acknowledgement",
        reason_code=reason,
        reason_data=data,
        raw=RawMessage(mailbox=Mailbox(pk=7, **mailbox)),
    )
    [view] = answer_views([answer], organization=Organization(slug="fernhollow"))
    assert (view.setting, view.rule_id) == (page, None)
