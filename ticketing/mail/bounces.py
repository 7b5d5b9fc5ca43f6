"""Mails that say ours was not delivered: reports (RFC 3464), Exchange's own, and free text of old servers."""

import logging
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from email import message_from_bytes

from flufl.bounce import all_failures

from helpdesk.lib.text import clean_line, clean_text
from ticketing.mail.bounce_text import recipients_in_text
from ticketing.mail.budget import Budget
from ticketing.mail.encoded_words import unfold
from ticketing.mail.remarks import RemarkCode, remark
from ticketing.mail.returned import ORIGINAL_TYPES, decoded, returned_copy
from ticketing.mail.structure import Part, read_fields, walk
from ticketing.mail.values import Address, Bounce

# The library logs a traceback for each of its detectors that trips over a broken mail; to us that is no news.
logging.getLogger("flufl.bounce").disabled = True
_MAX_LETTER_BYTES = 96 * 1024  # given to the library: the words that matter stand at the top
_LONG_LINE = re.compile(rb"([^\n]{400})[^\n]+")  # the library's patterns take the square of a line's length
_MAX_RECIPIENTS = 200
_DAEMON = re.compile(r"(?:mailer-?daemon|mailer_daemon|mdaemon|mrmailer)(?:@|$)", re.IGNORECASE)
_SYSTEM = re.compile(
    r"post_?-?master|mail[-_. ]?(?:delivery|administrator|system|daemon|er)\b|bounce|delivery[ -](?:sub)?system",
    re.IGNORECASE,
)
_SUBJECT = re.compile(
    r"undeliver|not delivered|(?:delivery|mail) (?:status|fail|report|error|problem|notif|delay|"
    r"has failed|to .{1,100} has)|returned mail|return(?:ed)? to sender|"
    r"failure notice|delivery failure|could ?n[o']t be (?:sent|delivered)|mail (?:system error|"
    r"could not)|message (?:you sent )?(?:blocked|rejected|delivery)|"
    r"unzustellbar|nicht zugestellt|zustellung|non remis|échec|non (?:recapitat|consegn)|"
    r"no se (?:ha )?(?:pudo|podido)|onbestelbaar|"
    r"niedostarcz|недоставл|не доставл|配信不能|送信失敗|退信|无法(?:投递|送达)|returning message|"
    r"nondeliverable|warning: (?:could not|message)|"
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
_FAILURE_WORDS = re.compile(
    r"(?:user|recipient|address|account|mailbox) (?:is |was |address |name )?(?:unknown|not known|"
    r"not found|rejected|invalid|full|unavailable|"
    r"disabled|does not exist|doesn't exist|over quota|not listed)|not a valid (?:user|recipient|address|mailbox)|"
    r"(?:unknown|invalid|no such|bad|inactive) (?:user|recipient|address|mailbox|local)|(?:does not|doesn't) exist|"
    r"(?:could|can) ?n[o']t be (?:delivered|reached|found|sent)|(?:un|non)deliver|not (?:be |"
    r"been )?deliver|(?:wasn't|unable|not able|failed) to deliver|"
    r"delivery (?:has )?(?:to the following|failed|failure|error)|quota exceeded|mailbox (?:is )?full|"
    r"no longer (?:valid|available|accepts)|"
    r"not listed in|rejected (?:your|the|recipient)|had trouble delivering|returned to (?:the )?sender|"
    r"did not receive|"
    r"nicht zugestellt|unbekannt|n'a pas pu|no se (?:ha )?pud|non è stato|niet (?:worden )?(?:bezorgd|afgeleverd)|"
    r"无法(?:投递|送|发送|被)|退[回信]|存在しません|配信でき|не (?:удалось|может быть) доставл",
    re.IGNORECASE,
)
_STATUS_TYPES = frozenset({"message/delivery-status", "message/global-delivery-status"})
_FAILED = frozenset({"failed", "failure", "delayed", "delay"})
_Groups = list[dict[str, str]]


@dataclass(frozen=True, slots=True)
class Letter:
    """What a bounce is recognised by, besides its parts."""

    headers: Mapping[str, str]  # first value of each, names lower-cased
    sender: Address | None
    subject: str
    text: str

    def is_reply_path_empty(self) -> bool:
        """True for the null sender `<>` (RFC 5321 section 4.5.5)."""
        return self.headers.get("return-path", "x").strip() in ("<>", "< >", "")

    def own_addresses(self) -> frozenset[str]:
        """The reporting server's own address."""
        return frozenset({self.sender.address.lower()}) if self.sender else frozenset()


def find_bounce(tree: Part, raw: bytes, *, letter: Letter, budget: Budget) -> Bounce | None:
    """What the mail reports as undelivered, or None when it is no bounce.

    An empty Return-Path alone is no bounce; free text counts only from a mail system or under a bounce's subject.
    """
    leaves = walk(tree)
    found = _found(tree, raw, leaves, letter, budget)
    return replace(found, returned=returned_copy(leaves, letter.text, budget=budget)) if found else None


def _found(tree: Part, raw: bytes, leaves: list[Part], letter: Letter, budget: Budget) -> Bounce | None:
    status = next((leaf for leaf in leaves if leaf.type in _STATUS_TYPES), None)
    if status is not None:
        return _structured(status, leaves, letter, budget)
    if _is_other_report(tree, leaves) or not _is_suspect(letter):
        return None
    return _free_form(raw, leaves, letter, budget)


def _is_other_report(tree: Part, leaves: list[Part]) -> bool:
    kind = tree.content_type.parameters.get("report-type", "").lower()
    return kind in ("disposition-notification", "feedback-report") or any(
        leaf.type in ("message/disposition-notification", "message/feedback-report") for leaf in leaves
    )


def _structured(status: Part, leaves: list[Part], letter: Letter, budget: Budget) -> Bounce | None:
    groups = _groups(clean_text(decoded(status, budget).decode("utf-8", "replace")))
    failed = [group for group in groups if _action(group) in _FAILED]
    if not failed:
        failed = [group for group in groups if not _action(group) and group.get("status", "").startswith(("4", "5"))]
    if not failed and any(_action(group) for group in groups):
        return None  # delivered, relayed, expanded: good news
    return _from_groups(failed, leaves, letter, budget)


def _from_groups(failed: _Groups, leaves: list[Part], letter: Letter, budget: Budget) -> Bounce:
    statuses = [group.get("status", "") for group in failed]
    is_permanent = any(
        _action(group) in ("failed", "failure") or group.get("status", "").startswith("5") for group in failed
    )
    if not failed:
        is_permanent = not _TEMPORARY_WORDS.search(letter.text[:4000])
    diagnostic = next((group["diagnostic-code"] for group in failed if "diagnostic-code" in group), "")
    return Bounce(
        recipients=_unique(_recipient(group) for group in failed)
        or recipients_in_text(letter.text, never=letter.own_addresses())
        or _mentioned(leaves, budget),
        permanent=is_permanent,
        original_message_id=_original_id(leaves, letter.text, budget),
        diagnostic=clean_line(diagnostic.partition(";")[2] or diagnostic)[:500],
        status=next((match[0] for value in statuses if (match := _STATUS.search(value))), ""),
    )


def _groups(report: str) -> _Groups:
    text = report.replace("\r\n", "\n").replace("\r", "\n")
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
            return _unique(match[0].lower() for match in list(_ADDRESS.finditer(value))[:_MAX_RECIPIENTS])
    return ()


def _is_suspect(letter: Letter) -> bool:
    headers, sender = letter.headers, letter.sender
    if "x-failed-recipients" in headers:
        return True
    signs = 1 if letter.is_reply_path_empty() else 0
    if sender is None or not sender.address:
        main = 1
    elif _DAEMON.match(sender.address):
        main = 2
    else:
        main = 1 if _SYSTEM.search(f"{sender.address.partition('@')[0]} {sender.name}") else 0
    main += 1 if _SUBJECT.search(letter.subject) else 0
    if main and headers.get("auto-submitted", "").lower().startswith("auto-"):
        signs += 1
    if main and _FAILURE_WORDS.search(letter.text[:3000]):
        signs += 1
    return main > 0 and main + signs >= 2


def _free_form(raw: bytes, leaves: list[Part], letter: Letter, budget: Budget) -> Bounce | None:
    text = letter.text
    groups = [group for group in _groups(text[:60000]) if _action(group) in _FAILED] if "inal-recipient" in text else []
    if groups:
        return _from_groups(groups, leaves, letter, budget)
    failed = letter.headers.get("x-failed-recipients", "")[:20000]
    recipients = _unique(match[0].lower() for match in _ADDRESS.finditer(failed))
    is_temporary = bool(_TEMPORARY_WORDS.search(text[:3000]))
    if not recipients:
        temporary, permanent = _by_library(raw, budget)
        recipients = permanent or temporary
        is_temporary = is_temporary or bool(temporary and not permanent)
    status = _STATUS.search(text[:20000])
    if not recipients and (status or _CODE.search(text[:20000]) or _FAILURE_WORDS.search(text[:3000])):
        recipients = recipients_in_text(text, never=letter.own_addresses())
    elif not recipients:
        return None
    return Bounce(
        recipients=recipients,
        permanent=not is_temporary,
        original_message_id=_original_id(leaves, text, budget),
        diagnostic=_diagnostic(text),
        status=status[0] if status else "",
    )


def _diagnostic(text: str) -> str:
    line = next((line for line in text[:20000].split("\n") if _STATUS.search(line) or _CODE.search(line)), "")
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
    return _unique(match[0].lower() for text in texts if (match := _ADDRESS.search(text)))
