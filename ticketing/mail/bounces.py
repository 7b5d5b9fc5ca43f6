"""Mails that say ours was not delivered: reports (RFC 3464), Exchange's own, and free text of old servers."""

import logging
import re
from collections.abc import Iterable
from dataclasses import replace
from email import message_from_bytes

from flufl.bounce import all_failures

from helpdesk.lib.text import clean_line, clean_text
from ticketing.mail.bounce_groups import (
    MAX_RECIPIENTS,
    Group,
    action_of,
    failed_groups,
    groups_of,
    is_permanent,
    recipient_of,
)
from ticketing.mail.bounce_signs import CODE, STATUS, Letter, is_certain, is_machine, is_suspect, is_system
from ticketing.mail.bounce_text import ADDRESS, recipients_in_text
from ticketing.mail.bounce_words import FINAL_WORDS, RETRY_WORDS, TEMPORARY_WORDS
from ticketing.mail.budget import Budget
from ticketing.mail.encoded_words import unfold
from ticketing.mail.remarks import RemarkCode, remark
from ticketing.mail.returned import ORIGINAL_TYPES, decoded, returned_copy
from ticketing.mail.structure import Part, read_fields, walk
from ticketing.mail.values import Bounce

# The library logs a traceback for each of its detectors that trips over a broken mail; to us that is no news.
logging.getLogger("flufl.bounce").disabled = True
_MAX_LETTER_BYTES = 96 * 1024  # given to the library: the words that matter stand at the top
_LONG_LINE = re.compile(rb"([^\n]{400})[^\n]+")  # the library's patterns take the square of a line's length
_MESSAGE_ID = re.compile(r"^[> \t]*Message-ID:\s*<([^<>\s]{1,500})>", re.MULTILINE | re.IGNORECASE)
_STATUS_TYPES = frozenset({"message/delivery-status", "message/global-delivery-status"})
_NOTIFICATION = "message/disposition-notification"


def find_bounce(tree: Part, raw: bytes, *, letter: Letter, budget: Budget) -> Bounce | None:
    """What the mail reports as undelivered, or None when it is no bounce.

    An empty Return-Path alone is no bounce; free text counts only from a mail system or under a bounce's subject, and
    a report that a person attached is what they write about.
    """
    leaves = walk(tree)
    found = _found(tree, raw, leaves, letter, budget)
    return replace(found, returned=returned_copy(leaves, letter.text, budget=budget)) if found else None


def _found(tree: Part, raw: bytes, leaves: list[Part], letter: Letter, budget: Budget) -> Bounce | None:
    status = next((leaf for leaf in leaves if leaf.type in _STATUS_TYPES), None)
    if status is not None:
        is_own = _has_report(tree) or is_machine(letter)
        return _structured(status, leaves, letter, budget) if is_own else None
    if _is_other_report(tree, leaves):
        return _refusal(leaves, letter, budget)
    return _free_form(raw, leaves, letter, budget) if is_suspect(letter) else None


def _has_report(part: Part) -> bool:
    return part.type == "multipart/report" or any(_has_report(child) for child in part.children)


def _is_other_report(tree: Part, leaves: list[Part]) -> bool:
    kind = tree.content_type.parameters.get("report-type", "").lower()
    return kind in ("disposition-notification", "feedback-report") or any(
        leaf.type in (_NOTIFICATION, "message/feedback-report") for leaf in leaves
    )


def _structured(status: Part, leaves: list[Part], letter: Letter, budget: Budget) -> Bounce | None:
    groups = _groups_in(status, budget)
    failed = failed_groups(groups)
    if not failed and any(action_of(group) for group in groups):
        return None  # delivered, relayed, expanded: good news
    return _from_groups(failed, leaves, letter, budget)


def _refusal(leaves: list[Part], letter: Letter, budget: Budget) -> Bounce | None:
    """A read receipt by which a mail system refuses, as a Sieve script does (RFC 5429 section 2.2)."""
    notice = next((leaf for leaf in leaves if leaf.type == _NOTIFICATION), None)
    if notice is None or not is_machine(letter) or not letter.says_failed():
        return None
    group = next((group for group in _groups_in(notice, budget) if "disposition" in group), {})
    disposition = group.get("disposition", "").lower()
    if not disposition.startswith("automatic-action") or "deleted" not in disposition:
        return None
    bounce = _from_groups([{**group, "action": "failed"}], leaves, letter, budget)
    named = group.get("original-message-id", "").strip("<> \t")
    return replace(bounce, original_message_id=bounce.original_message_id or named or None)


def _groups_in(part: Part, budget: Budget) -> list[Group]:
    return groups_of(clean_text(decoded(part, budget).decode("utf-8", "replace")))


def _from_groups(failed: list[Group], leaves: list[Part], letter: Letter, budget: Budget) -> Bounce:
    statuses = [group.get("status", "") for group in failed]
    diagnostic = next((group["diagnostic-code"] for group in failed if "diagnostic-code" in group), "")
    return Bounce(
        recipients=_unique(recipient_of(group) for group in failed)
        or recipients_in_text(letter.text, never=letter.own_addresses())
        or _mentioned(leaves, budget),
        permanent=is_permanent(failed) if failed else not _is_temporary(letter.text),
        original_message_id=_original_id(leaves, letter.text, budget),
        diagnostic=clean_line(diagnostic.partition(";")[2] or diagnostic)[:500],
        status=next((match[0] for value in statuses if (match := STATUS.search(value))), ""),
    )


def _is_temporary(text: str) -> bool:
    """True where the server says that it goes on trying."""
    beginning = text[:4000]
    if RETRY_WORDS.search(beginning):
        return True
    return TEMPORARY_WORDS.search(beginning) is not None and not FINAL_WORDS.search(beginning)


def _unique(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in values if value))


def _original_id(leaves: list[Part], text: str, budget: Budget) -> str | None:
    for leaf in leaves:
        if leaf.type in ORIGINAL_TYPES:
            data = decoded(leaf, budget)
            fields, _ = read_fields(data, 0, len(data), budget=budget)
            value = next((value for name, value in fields if name.lower() == "message-id"), "")
            if value:
                return unfold(value).strip("<> \t") or None
    match = _MESSAGE_ID.search(text)
    return match[1] if match else None


def _mentioned(leaves: list[Part], budget: Budget) -> tuple[str, ...]:
    for leaf in leaves:
        if leaf.type in ORIGINAL_TYPES:
            data = decoded(leaf, budget)
            fields, _ = read_fields(data, 0, len(data), budget=budget)
            wanted = ("x-failed-recipients", "to")
            value = next((value for name in wanted for key, value in fields if key.lower() == name), "")
            return _unique(match[0].lower() for match in list(ADDRESS.finditer(value))[:MAX_RECIPIENTS])
    return ()


def _free_form(raw: bytes, leaves: list[Part], letter: Letter, budget: Budget) -> Bounce | None:
    text = letter.text
    if failed := _groups_of_text(leaves, text, budget):
        return _from_groups(failed, leaves, letter, budget)
    named = letter.headers.get("x-failed-recipients", "")[:20000]
    recipients = _unique(match[0].lower() for match in ADDRESS.finditer(named))
    is_temporary = _is_temporary(text)
    if not recipients:
        temporary, permanent = _by_library(raw, budget)
        recipients = permanent or temporary
        is_final = permanent or FINAL_WORDS.search(text[:4000])
        is_temporary = is_temporary or bool(temporary and not is_final)
    if not recipients:
        recipients = recipients_in_text(
            text, never=letter.own_addresses(), may_guess=is_system(letter) or is_certain(letter)
        )
        if not (letter.says_failed() or (recipients and letter.has_bounce_subject())):
            return None
    if not recipients:
        mentioned = _mentioned(leaves, budget)
        recipients = mentioned if len(mentioned) == 1 else ()
    if not (recipients or is_certain(letter) or "x-failed-recipients" in letter.headers):
        return None
    status = STATUS.search(text[:20000])
    return Bounce(
        recipients=recipients,
        permanent=not is_temporary,
        original_message_id=_original_id(leaves, text, budget),
        diagnostic=_diagnostic(text),
        status=status[0] if status else "",
    )


def _groups_of_text(leaves: list[Part], text: str, budget: Budget) -> list[Group]:
    """Of a report that lost its type: in the text, or in a text file."""
    if "inal-recipient" in text:
        return [group for group in failed_groups(groups_of(text[:60000])) if action_of(group)]
    files = (
        leaf for leaf in leaves if leaf.type == "text/plain" and b"inal-recipient" in bytes(leaf.body[:20000]).lower()
    )
    found = next(files, None)
    return failed_groups(_groups_in(found, budget)) if found is not None else []


def _diagnostic(text: str) -> str:
    line = next((line for line in text[:20000].split("\n") if STATUS.search(line) or CODE.search(line)), "")
    return clean_line(line)[:500]


def _by_library(raw: bytes, budget: Budget) -> tuple[tuple[str, ...], tuple[str, ...]]:
    try:
        temporary, permanent = all_failures(message_from_bytes(_LONG_LINE.sub(rb"\1", raw[:_MAX_LETTER_BYTES])))
    except (ValueError, TypeError, LookupError, AttributeError, AssertionError, RecursionError):
        # The library's detectors index into whatever the mail holds; a broken mail is no bounce it knows.
        budget.defect(remark(RemarkCode.BOUNCE_UNREADABLE))
        return (), ()
    return _as_addresses(temporary), _as_addresses(permanent)


def _as_addresses(found: frozenset[bytes]) -> tuple[str, ...]:
    texts = sorted(item.decode("utf-8", "replace") for item in found)
    return _unique(match[0].lower() for text in texts if (match := ADDRESS.search(text)))
