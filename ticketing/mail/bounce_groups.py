"""The groups of fields that a delivery report (RFC 3464, RFC 6533) has for each recipient. Used by `bounces.py`."""

import re
from collections.abc import Iterable

from ticketing.mail.bounce_text import ADDRESS

Group = dict[str, str]  # names lower-cased

MAX_RECIPIENTS = 200
_FAILED = frozenset({"failed", "failure", "delayed", "delay"})
_GOOD_NEWS = frozenset({"delivered", "relayed", "expanded"})
_UNICODE = re.compile(r"\\x\{([0-9A-Fa-f]{2,6})\}")  # RFC 6533 section 3: utf-8-addr-xtext


def groups_of(report: str) -> list[Group]:
    """The groups that name a recipient or what became of it, at most 200."""
    text = report.replace("\r\n", "\n").replace("\r", "\n")
    groups: list[Group] = []
    for chunk in re.split(r"\n[ \t]*\n", text):
        group: Group = {}
        for line in re.sub(r"\n[ \t]+", " ", chunk).split("\n"):
            name, colon, value = line.partition(":")
            if colon:
                group.setdefault(name.strip().lower(), value.strip())
        if "final-recipient" in group or "original-recipient" in group or "action" in group:
            groups.append(group)
        if len(groups) >= MAX_RECIPIENTS:
            break
    return groups


def failed_groups(groups: Iterable[Group]) -> list[Group]:
    """Those that say failed or delayed; else those with a failure's status that do not say otherwise."""
    listed = list(groups)
    failed = [group for group in listed if action_of(group) in _FAILED]
    return failed or [
        group
        for group in listed
        if action_of(group) not in _GOOD_NEWS and group.get("status", "").startswith(("4", "5"))
    ]


def is_permanent(groups: Iterable[Group]) -> bool:
    """True where one of them was given up."""
    return any(action_of(group) in ("failed", "failure") or group.get("status", "").startswith("5") for group in groups)


def action_of(group: Group) -> str:
    """The first word of its Action, lower-cased; "" where it has none."""
    return group.get("action", "").split("(")[0].strip(" ;.").lower().split(" ")[0]


def recipient_of(group: Group) -> str:
    """Whom the sender wrote to, else whom the server tried, lower-cased; "" where neither is an address."""
    for name in ("original-recipient", "final-recipient", "x-actual-recipient"):
        value = _UNICODE.sub(lambda match: _letter(int(match[1], 16)), group.get(name, "")[:1000])
        match = ADDRESS.search(value.partition(";")[2] or value)
        if match:
            return match[0].lower()
    return ""


def _letter(number: int) -> str:
    is_letter = number < 0x110000 and not 0xD800 <= number < 0xE000
    return chr(number) if is_letter else ""
