"""Whether a mail is a mail system's word: what `bounces` asks before it reads the text of one that is no report.

Who says it weighs most. A daemon is believed; a system's name needs one more sign; anybody else needs a subject that no
person writes and the codes of SMTP, or a bounce's subject together with a sign that a program sent it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from ticketing.mail.bounce_words import GOOD_NEWS, MACHINE_SUBJECT, is_bounce_subject, says_not_delivered
from ticketing.mail.subjects import is_answer_or_forward
from ticketing.mail.values import Address

STATUS = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
CODE = re.compile(r"(?:^|[\s\"':<(#-])([45]\d\d)[\s-](?:[^\d]|\d\.\d)")
_DAEMON = re.compile(r"(?:mailer-?daemon|mailer_daemon|mdaemon|mrmailer)(?:@|$)", re.IGNORECASE)
_SYSTEM = re.compile(
    r"post_?-?master|mail[-_. ]?(?:delivery|administrator|system|daemon|er)\b|delivery[ -](?:sub)?system|"
    r"^bounces?\b|[-+._]bounces? |"
    r"system[-_. ]?administrator|microsoft ?exchange|anti-?virus|smtp|firewall|mail ?gateway",
    re.IGNORECASE,
)
_NULL_PATH = re.compile(r"\s*(?:<?\s*>?|<mailer-daemon(?:@[^<>]*)?>)\s*$", re.IGNORECASE)
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
    standing = _standing(letter.sender)
    has_machine_subject = MACHINE_SUBJECT.match(letter.subject) is not None
    return standing > 1 or sum((standing > 0, letter.is_automatic(), has_machine_subject)) > 1


def is_suspect(letter: Letter) -> bool:
    """True where the text is worth reading as a bounce's."""
    if "x-failed-recipients" in letter.headers:
        return True
    standing = _standing(letter.sender)
    if GOOD_NEWS.search(letter.subject[:_SUBJECT_CHARS]):
        return False
    if standing > 1:
        return True
    if standing:
        return letter.has_bounce_subject() or letter.is_automatic() or (_has_words(letter) and letter.has_codes())
    if letter.is_automatic():
        return letter.has_bounce_subject()
    return MACHINE_SUBJECT.match(letter.subject) is not None and letter.has_bounce_subject() and _has_words(letter)


def _has_words(letter: Letter) -> bool:
    return says_not_delivered(letter.text[:_TEXT_CHARS])


def _standing(sender: Address | None) -> int:
    """2 for a daemon, 1 for a system's name or none at all, 0 for a person."""
    if sender is None or not sender.address:
        return 1
    if _DAEMON.match(sender.address):
        return 2
    return 1 if _SYSTEM.search(f"{sender.address.partition('@')[0]} {sender.name}") else 0
