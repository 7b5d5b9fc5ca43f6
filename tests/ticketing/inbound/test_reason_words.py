"""The ledger keeps codes and values; the sentences are made when somebody reads them, in his language."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import translation

from mailboxes.ledger_words import acknowledging_words
from mailboxes.models import LedgerReason, RemoteMessage
from tests.factories.catalogs import write_catalog
from tests.factories.incoming import make_mail, receive
from ticketing.inbound.decisions import Reason
from ticketing.models import Message, ThreadReason
from ticketing.reason_words import reason_words

EXAMPLES: dict[str, dict[str, Any]] = {
    Reason.NEW_MAIL: {"kind": "list", "signal": "List-Id"},
    Reason.FOLLOWS_CLOSED: {"ticket": 7, "sign": "subject_number", "detail": ""},
    Reason.HISTORY: {"is_open": False},
    Reason.TOO_LARGE: {"size_bytes": 70_000_000, "limit_bytes": 50_000_000},
    Reason.COMPLETED: {"ticket": 7, "size_bytes": 70_000_000},
    Reason.ANSWER: {"ticket": 7, "sign": ThreadReason.REFERENCE, "detail": "<a@b.test>", "is_newcomer": True},
    Reason.ANSWERS_ONLY: {},
    Reason.SWITCHED_OFF: {},
    Reason.OWN_MAIL: {"sender": "support@fernhollow.test"},
    Reason.CHECK_MAIL: {"sender": "support@fernhollow.test"},
    Reason.SENT_FROM_HERE: {},
    Reason.SENT_ELSEWHERE: {
        "ticket": 7,
        "sender": "support@fernhollow.test",
        "sign": ThreadReason.CONVERSATION,
        "detail": "AdxQ",
    },
    Reason.DUPLICATE: {"ticket": 7, "has_same_id": True},
    Reason.LOOP_STOPPED: {"scope": "pair", "sender": "anna@customer.test", "count": 60, "minutes": 60},
    Reason.COPY: {"ticket": 7, "mailbox": "Sales"},
    Reason.BOUNCE_OF_OURS: {"ticket": 7, "recipients": ["anna@customer.test", "ben@customer.test"]},
    Reason.DELAY_OF_OURS: {"ticket": 7, "recipients": []},
    Reason.BOUNCE_OF_SENDING: {"outbox": 7, "subject": "Thank you", "cause": "acknowledgement", "recipients": []},
    Reason.DELAY_OF_SENDING: {"outbox": 7, "subject": "x", "cause": "notice", "recipients": ["anna@customer.test"]},
    Reason.FOREIGN_BOUNCE: {},
    Reason.AUTO_REPLY: {"ticket": 7, "signal": "Auto-Submitted: auto-replied"},
    Reason.VACATION: {"signal": "Subject"},
    Reason.FILTERED: {
        "kind": "words",
        "value": "out of office",
        "header": "",
        "place": "subject",
        "of_all": False,
        "ticket": 7,
    },
    Reason.NOT_ALLOWED: {"of_all": True},
    Reason.MAY_NOT_OPEN: {
        "who": "listed",
        "contacts": True,
        "domains": 2,
        "groups": True,
        "refused": "hold",
        "of_all": False,
        "proof": "failed",
    },
    Reason.MAY_NOT_UPDATE: {"who": "people", "ticket": 7, "refused": "discard", "of_all": True, "forwards": True},
    Reason.GENERATED: {"signal": "From: mailer-daemon@x.test", "is_default": False},
    Reason.LIST: {"ticket": 7, "signal": "List-Id", "is_default": False},
    Reason.QUIET_NOTE: {"ticket": 7, "kind": "vacation", "signal": "Subject"},
    Reason.READ_RECEIPT: {"signal": "X-Mailer"},
    Reason.FEEDBACK_REPORT: {"signal": "report-type=feedback-report"},
    Reason.SPAM_HEADER: {"signal": "spamassassin", "line": "X-Spam-Flag: YES", "follows": 7},
    Reason.SPAM_WORDS: {"percent": 99, "words": ["casino", "bonus"]},
    Reason.SPAM_DAEMON: {
        "daemon": {"name": "rspamd", "score": 7.5, "threshold": 6.0, "action": "add header", "hits": [["A", 7.5]]}
    },
    Reason.QUARANTINED: {"tries": 3, "error": "LookupError: odd"},
    Reason.DEADLY: {"deaths": 3},
    Reason.FILE_MISSING: {},
    Reason.JOINED: {"ticket": 7, "by": "Ines Duarte", "from": 6},
    Reason.SPLIT_OFF: {"ticket": 7, "by": "Ines Duarte", "from": 6},
    Reason.DISCARDED: {"by": "Ines Duarte"},
    LedgerReason.EXISTING_MAIL: {},
    LedgerReason.BEFORE_START: {"start_at": "2026-03-01T10:00:00+00:00"},
    LedgerReason.RENUMBERED: {},
    LedgerReason.REPOINTED: {},
    LedgerReason.SEEN_AGAIN: {},
    LedgerReason.SAME_BYTES: {"number": "12"},
    LedgerReason.GONE: {},
    LedgerReason.FETCH_DIED: {},
    LedgerReason.HEADER_UNREADABLE: {"limit_bytes": 50_000_000},
    LedgerReason.NOT_MAIL: {"kind": "meeting"},
    LedgerReason.FETCH_FAILED: {"cause": "timeout", "said": "", "tries": 3},
}


def said(code: str, data: dict[str, Any]) -> str:
    """The sentence of a row with this reason."""
    return reason_words(RemoteMessage(reason_code=code, reason_data=data))


def test_every_reason_has_an_example() -> None:
    assert {*Reason, *LedgerReason} == set(EXAMPLES)


@pytest.mark.parametrize("code", EXAMPLES)
def test_every_reason_has_a_sentence_that_names_its_values(code: str) -> None:
    words = said(code, EXAMPLES[code])
    assert words.endswith((".", "”."))
    assert "None" not in words
    assert "%" not in words


def test_a_row_without_the_values_its_sentence_names_says_nothing_wrong() -> None:
    assert said(Reason.ANSWER, {}) == ""


def test_a_try_that_failed_says_the_servers_words_and_how_often() -> None:
    words = said(LedgerReason.FETCH_FAILED, {"cause": "message_unreadable", "said": "index broken", "tries": 3})
    assert words == "The server did not give it: “index broken”. Tried 3 times; in quarantine."


def test_a_refusal_after_the_import_is_told_with_the_servers_words() -> None:
    row = RemoteMessage(ack_reason="folder_not_found", ack_error="NONEXISTENT no such mailbox")
    assert acknowledging_words(row) == (
        "The folder is gone or was renamed. Choose another one. “NONEXISTENT no such mailbox”"
    )


@pytest.fixture
def german(settings: Any, tmp_path: Path) -> None:
    """A language in which some of the log's sentences are known."""
    sentences = {
        "Added to ticket #%(ticket)s.": "Zu Ticket #%(ticket)s hinzugefügt.",
        "It answers a message of the ticket": "Sie antwortet auf eine Nachricht des Tickets",
        "The mail server failed on this message.": "Der Mailserver scheiterte an dieser Nachricht.",
        "The server did not give it.": "Der Server gab sie nicht her.",
    }
    settings.LOCALE_PATHS = [write_catalog(tmp_path, language="de", sentences=sentences)]


@pytest.mark.django_db
@pytest.mark.both
@pytest.mark.usefixtures("german")
def test_a_verdict_is_read_in_the_readers_language_and_printed_in_english(support: Any) -> None:
    _, seen = receive(support, make_mail(message_id="one@x.test"), make_mail(answers="one@x.test"))
    with translation.override("de"):
        there = reason_words(seen)
        why = Message.objects.get(raw_id=seen.raw_id).get_thread_reason_display()
        out = StringIO()
        call_command("inbound_log", "--organization", "fernhollow", stdout=out)
    assert there == "Zu Ticket #1 hinzugefügt. Sie antwortet auf eine Nachricht des Tickets (<one@x.test>)."
    assert why == "Sie antwortet auf eine Nachricht des Tickets"
    printed = json.loads(out.getvalue().splitlines()[1])
    assert printed["reason"] == "Added to ticket #1. It answers a message of the ticket (<one@x.test>)."


@pytest.mark.usefixtures("german")
def test_a_failed_fetch_is_read_in_the_readers_language() -> None:
    with translation.override("de"):
        assert said(LedgerReason.FETCH_FAILED, {"cause": "message_unreadable", "said": ""}) == (
            "Der Server gab sie nicht her. Der Mailserver scheiterte an dieser Nachricht."
        )
