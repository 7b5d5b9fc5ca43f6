"""Whether a mail is a mail system's word: what `bounces` asks before it reads the text of one that is no report.

Who says it weighs most. A daemon is believed; a system's name needs one more sign; anybody else needs a subject that no
person writes and the codes of SMTP, or a bounce's subject together with a sign that a program sent it. From `<>`, which
no person's program writes, the words are enough.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from ticketing.mail.bounce_text import above_copy
from ticketing.mail.bounce_words import (
    GOOD_NEWS,
    MACHINE_SUBJECT,
    is_bounce_subject,
    says_failed_outright,
    says_mail_failed,
    says_not_delivered,
)
from ticketing.mail.subjects import is_answer_or_forward
from ticketing.mail.values import Address

STATUS = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
# Stricter, where a status of success is at hand: no part of an IP address, no version of a server.
_FAILED_STATUS = re.compile(r"(?<![\d.])[45]\.[0-7]\.\d{1,3}(?![\d.]*\d)")
CODE = re.compile(r"(?:^|[\s\"':<(#-])([45]\d\d)[\s-](?:[^\d]|\d\.\d)")
_DAEMON = re.compile(r"(?:mailer-?daemon|mailer_daemon|mdaemon|mrmailer)(?:@|$)", re.IGNORECASE)
_SYSTEM = re.compile(
    r"post_?-?master|mail[-_. ]?(?:delivery|administrator|system|daemon|er)\b|delivery[ -](?:sub)?system|"
    r"^bounces?\b|[-+._]bounces? |"
    r"system[-_. ]?administrator|microsoft ?exchange|anti-?virus|smtp|firewall|mail ?gateway",
    re.IGNORECASE,
)
_NULL_PATH = re.compile(r"\s*(?:<?\s*>?|<mailer-daemon(?:@[^<>]*)?>)\s*$", re.IGNORECASE)
_NO_ADDRESS = re.compile(r"[^@]{0,500}<\s*>\s*$")
_SUBJECT_CHARS = 500
_TEXT_CHARS, _CODE_CHARS = 3000, 20_000  # of the beginning: what a system says stands at the top


@dataclass(frozen=True, slots=True)
class Letter:
    """What a bounce is recognised by, besides its parts."""

    headers: Mapping[str, str]  # first value of each, names lower-cased
    sender: Address | None
    subject: str
    text: str

    def is_reply_path_empty(self) -> bool:
        """True for the null sender `<>` (RFC 5321 section 4.5.5), and for what Sendmail writes in its place."""
        return _NULL_PATH.match(self.headers.get("return-path", "x")) is not None

    def is_from_nobody(self) -> bool:
        """True for a From that has `<>` where the address belongs; a From that is missing says nothing."""
        return _NO_ADDRESS.match(self.headers.get("from", "")) is not None

    def own_addresses(self) -> frozenset[str]:
        """The reporting server's own address."""
        return frozenset({self.sender.address.lower()}) if self.sender else frozenset()

    def is_automatic(self) -> bool:
        """True where the headers say that a program sent it."""
        return self.is_reply_path_empty() or self.headers.get("auto-submitted", "").lower().startswith("auto-")

    def has_bounce_subject(self) -> bool:
        """True for a bounce's own subject; who answers or passes one on is a person."""
        subject = self.subject[:_SUBJECT_CHARS]
        return is_bounce_subject(subject) and not is_answer_or_forward(subject)

    def says_failed(self) -> bool:
        """True where words or codes of the text tell of a failure."""
        return self.has_codes() or says_not_delivered(self.text[:_TEXT_CHARS])

    def is_good_news(self) -> bool:
        """True for a subject that tells of success, while the text above a copy tells of no failure."""
        if not GOOD_NEWS.match(self.subject[:_SUBJECT_CHARS]):
            return False
        text = above_copy(self.text[:_CODE_CHARS])
        words = text[:_TEXT_CHARS]
        has_code = CODE.search(text) is not None and says_not_delivered(words)  # "512 bytes" is none
        return not (has_code or _FAILED_STATUS.search(text) or says_failed_outright(words))

    def has_codes(self) -> bool:
        """True for a reply code of SMTP or an enhanced status code (RFC 3463)."""
        text = self.text[:_CODE_CHARS]
        return STATUS.search(text) is not None or CODE.search(text) is not None


def is_system(letter: Letter) -> bool:
    """True where the sender is named like a mail system, or not at all."""
    return _standing(letter.sender) > 0


def is_machine(letter: Letter) -> bool:
    """True where sender, headers or subject say that no person wrote it."""
    return is_system(letter) or letter.is_automatic() or MACHINE_SUBJECT.match(letter.subject) is not None


def is_certain(letter: Letter) -> bool:
    """True for a bounce that need not name whom it did not reach: nobody but a mail system sends one so."""
    if _is_nobodys_bounce(letter):
        return True
    standing = _standing(letter.sender)
    has_machine_subject = MACHINE_SUBJECT.match(letter.subject) is not None
    return standing > 1 or sum((standing > 0, letter.is_automatic(), has_machine_subject)) > 1


def is_suspect(letter: Letter) -> bool:
    """True where the text is worth reading as a bounce's."""
    if "x-failed-recipients" in letter.headers:
        return True
    if letter.is_good_news():
        return False
    standing = _standing(letter.sender)
    if standing > 1 or _is_nobodys_bounce(letter):
        return True
    if standing:
        return letter.has_bounce_subject() or letter.is_automatic() or (_has_words(letter) and letter.has_codes())
    if letter.is_automatic():
        return letter.has_bounce_subject()
    return MACHINE_SUBJECT.match(letter.subject) is not None and letter.has_bounce_subject() and _has_words(letter)


def _has_words(letter: Letter) -> bool:
    return says_not_delivered(letter.text[:_TEXT_CHARS])


def _is_nobodys_bounce(letter: Letter) -> bool:
    """True for words of failure from `<>`: of a mail, since a form on the web may send a question so."""
    if not letter.is_from_nobody() or is_answer_or_forward(letter.subject):
        return False
    is_systems = letter.sender is not None and _SYSTEM.search(letter.sender.name) is not None
    return (is_systems and _has_words(letter)) or says_mail_failed(letter.text[:_TEXT_CHARS])


def _standing(sender: Address | None) -> int:
    """2 for a daemon, 1 for a system's name or none at all, 0 for a person."""
    if sender is None or not sender.address:
        return 1
    if _DAEMON.match(sender.address):
        return 2
    return 1 if _SYSTEM.search(f"{sender.address.partition('@')[0]} {sender.name}") else 0
