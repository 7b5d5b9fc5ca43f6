"""Mails that say ours was not delivered: reports (RFC 3464), Exchange's own, and free text of old servers."""

import re
from collections.abc import Mapping
from email import message_from_bytes

from flufl.bounce import all_failures

from helpdesk.lib.text import clean_line
from ticketing.mail.budget import Budget
from ticketing.mail.encoded_words import unfold
from ticketing.mail.structure import Part, read_fields, walk
from ticketing.mail.transfer import decode_transfer
from ticketing.mail.values import Address, Bounce

_MAX_REPORT_BYTES = 512 * 1024
_MAX_RECIPIENTS = 200
_DAEMON = re.compile(
    r"mailer-?daemon|postmaster|mail[-_. ]?(?:delivery|administrator|system)|mdaemon|mrmailer|bounce", re.IGNORECASE
)
_SUBJECT = re.compile(
    r"undeliver|not delivered|(?:delivery|mail) (?:status|fail|report|error|problem|notif|delay|has failed|to .{1,100} has)|returned mail|return(?:ed)? to sender|"
    r"failure notice|delivery failure|could ?n[o']t be (?:sent|delivered)|mail (?:system error|could not)|message (?:you sent )?(?:blocked|rejected|delivery)|"
    r"unzustellbar|nicht zugestellt|zustellung|non remis|échec|non (?:recapitat|consegn)|no se (?:ha )?(?:pudo|podido)|onbestelbaar|"
    r"niedostarcz|недоставл|не доставл|配信不能|送信失敗|退信|无法(?:投递|送达)|returning message|nondeliverable|warning: (?:could not|message)|"
    r"rejected|bounce|無法(?:傳遞|遞送)|user unknown|unknown user|problème de remise|devuelto|devolvid|błąd|nieudane",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"[^\s<>\"'(),;:\[\]]{1,64}@[A-Za-z0-9\u0080-\uffff.-]{1,190}[A-Za-z0-9\u0080-\uffff]")
_STATUS = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
_CODE = re.compile(r"(?:^|[\s\"':<(#-])([45]\d\d)[\s-](?:[^\d]|\d\.\d)")
_MESSAGE_ID = re.compile(r"^[> \t]*Message-ID:\s*<([^<>\s]{1,500})>", re.MULTILINE | re.IGNORECASE)
_TEMPORARY_WORDS = re.compile(
    r"will (?:be retried|retry|keep trying|continue)|still (?:trying|being)|delayed|not yet been delivered|temporar|"
    r"delivery to the following recipients? has been delayed|you do not need to resend|warning message only",
    re.IGNORECASE,
)
_FAILED = frozenset({"failed", "failure", "delayed", "delay"})
_Groups = list[dict[str, str]]


def find_bounce(
    tree: Part,
    raw: bytes,
    *,
    headers: Mapping[str, str],
    sender: Address | None,
    subject: str,
    text: str,
    budget: Budget,
) -> Bounce | None:
    """What the mail reports as undelivered, or None when it is no bounce.

    An empty Return-Path alone is no bounce; free text counts only from a mail system or under a bounce's subject.
    """
    leaves = walk(tree)
    report = _structured(leaves, text, budget)
    if report is not None or _is_other_report(tree, leaves):
        return report
    if not _is_suspect(headers, sender, subject):
        return None
    return _free_form(raw, leaves, headers, text, budget)


def _is_other_report(tree: Part, leaves: list[Part]) -> bool:
    kind = tree.content_type.parameters.get("report-type", "").lower()
    return kind in ("disposition-notification", "feedback-report") or any(
        leaf.type in ("message/disposition-notification", "message/feedback-report") for leaf in leaves
    )


def _structured(leaves: list[Part], text: str, budget: Budget) -> Bounce | None:
    status_part = next((leaf for leaf in leaves if leaf.type == "message/delivery-status"), None)
    if status_part is None:
        return None
    groups = _groups(_decoded(status_part, budget))
    failed = [group for group in groups if _action(group) in _FAILED]
    if not failed:
        failed = [group for group in groups if not _action(group) and group.get("status", "").startswith(("4", "5"))]
    if not failed and any(_action(group) for group in groups):
        return None  # delivered, relayed, expanded: good news
    recipients = _unique(_recipient(group) for group in failed)
    statuses = [group.get("status", "") for group in failed]
    is_permanent = any(
        _action(group) in ("failed", "failure") or group.get("status", "").startswith("5") for group in failed
    )
    if not failed:
        is_permanent = not _TEMPORARY_WORDS.search(text[:4000])
    diagnostic = next((group["diagnostic-code"] for group in failed if "diagnostic-code" in group), "")
    return Bounce(
        recipients=recipients or _mentioned(text, leaves, budget),
        permanent=is_permanent,
        original_message_id=_original_id(leaves, text, budget),
        diagnostic=clean_line(diagnostic.partition(";")[2] or diagnostic)[:500],
        status=next((match[0] for value in statuses if (match := _STATUS.search(value))), ""),
    )


def _groups(data: bytes) -> _Groups:
    text = data.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")
    groups: _Groups = []
    for chunk in re.split(r"\n[ \t]*\n", text):
        group: dict[str, str] = {}
        for line in re.sub(r"\n[ \t]+", " ", chunk).split("\n"):
            name, colon, value = line.partition(":")
            if colon:
                group.setdefault(name.strip().lower(), value.strip())
        if "final-recipient" in group or "original-recipient" in group or "action" in group:
            groups.append(group)
        if len(groups) >= _MAX_RECIPIENTS:
            break
    return groups


def _action(group: dict[str, str]) -> str:
    return group.get("action", "").split("(")[0].strip(" ;.").lower().split(" ")[0]


def _recipient(group: dict[str, str]) -> str:
    for name in ("original-recipient", "final-recipient", "x-actual-recipient"):
        value = group.get(name, "")
        match = _ADDRESS.search(value.partition(";")[2] or value)
        if match:
            return match[0].lower()
    return ""


def _unique(values: "object") -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in values if value))  # type: ignore[attr-defined]


def _decoded(part: Part, budget: Budget) -> bytes:
    view = part.body[:_MAX_REPORT_BYTES]
    return decode_transfer(view, part.get("content-transfer-encoding") or "", budget=budget)


def _original_id(leaves: list[Part], text: str, budget: Budget) -> str | None:
    for leaf in leaves:
        if leaf.type in (
            "message/rfc822",
            "text/rfc822-headers",
            "message/rfc822-headers",
            "message/global",
            "message/global-headers",
        ):
            data = _decoded(leaf, budget)
            fields, _ = read_fields(data, 0, len(data), budget=budget)
            value = next((value for name, value in fields if name.lower() == "message-id"), "")
            if value:
                return unfold(value).strip("<> \t") or None
    match = _MESSAGE_ID.search(text)
    return match[1] if match else None


def _mentioned(text: str, leaves: list[Part], budget: Budget) -> tuple[str, ...]:
    for leaf in leaves:
        if leaf.type in ("message/rfc822", "text/rfc822-headers"):
            data = _decoded(leaf, budget)
            fields, _ = read_fields(data, 0, len(data), budget=budget)
            wanted = ("x-failed-recipients", "to")
            value = next((value for name in wanted for key, value in fields if key.lower() == name), "")
            return _unique(match[0].lower() for match in list(_ADDRESS.finditer(value))[:_MAX_RECIPIENTS])
    return ()


def _is_suspect(headers: Mapping[str, str], sender: Address | None, subject: str) -> bool:
    if "x-failed-recipients" in headers:
        return True
    signs = 0
    if sender and (_DAEMON.search(sender.address.partition("@")[0]) or _DAEMON.search(sender.name)):
        signs += 1
    if _SUBJECT.search(subject):
        signs += 1
    if headers.get("return-path", "x").strip() in ("<>", "< >", ""):
        signs += 1
    if headers.get("auto-submitted", "").lower().startswith("auto-"):
        signs += 1
    return signs >= 2


def _free_form(raw: bytes, leaves: list[Part], headers: Mapping[str, str], text: str, budget: Budget) -> Bounce | None:
    recipients = _unique(
        match[0].lower() for match in _ADDRESS.finditer(headers.get("x-failed-recipients", "")[:20000])
    )
    permanent = bool(recipients) and not _TEMPORARY_WORDS.search(text[:6000])
    if not recipients:
        temporary, definite = _by_library(raw, budget)
        recipients = definite or temporary
        permanent = bool(definite) and not _TEMPORARY_WORDS.search(text[:1500])
    status = _STATUS.search(text[:20000])
    if not recipients and not status and not _CODE.search(text[:20000]):
        return None
    if not recipients:
        permanent = not _TEMPORARY_WORDS.search(text[:6000])
    return Bounce(
        recipients=recipients,
        permanent=permanent,
        original_message_id=_original_id(leaves, text, budget),
        diagnostic=_diagnostic(text),
        status=status[0] if status else "",
    )


def _diagnostic(text: str) -> str:
    line = next((line for line in text[:20000].split("\n") if _STATUS.search(line) or _CODE.search(line)), "")
    return clean_line(line)[:500]


def _by_library(raw: bytes, budget: Budget) -> tuple[tuple[str, ...], tuple[str, ...]]:
    try:
        temporary, permanent = all_failures(message_from_bytes(raw[:_MAX_REPORT_BYTES]))
    except (ValueError, TypeError, LookupError, AttributeError, AssertionError, RecursionError):
        # The library's detectors index into whatever the mail holds; a broken mail is no bounce it knows.
        budget.defect("The bounce text could not be read.")
        return (), ()
    return _as_addresses(temporary), _as_addresses(permanent)


def _as_addresses(found: set[bytes]) -> tuple[str, ...]:
    texts = sorted(item.decode("utf-8", "replace") for item in found)
    return _unique(match[0].lower() for text in texts if (match := _ADDRESS.search(text)))
