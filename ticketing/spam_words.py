"""What was recognised as spam, and by what, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from helpdesk.spam_daemon.values import Trouble
from helpdesk.spam_daemon.words import name_of, switch_words
from ticketing.mail.spam_content import MIN_TO_ACT
from ticketing.mail.spam_headers import Signal

# As the switches of a mailbox are named.
SWITCHES: dict[str, Promise] = {
    Signal.SPAMASSASSIN: gettext_lazy("SpamAssassin says spam"),
    Signal.EXCHANGE: gettext_lazy("Exchange says spam"),
    Signal.FEEDBACK_ID: gettext_lazy("Mailings (Feedback-ID)"),
    Signal.DMARC: gettext_lazy("The sender is not proven (DMARC)"),
}
# Why the operator's spam daemon says nothing about a mail.
_TROUBLES: dict[str, Promise] = {
    Trouble.UNREACHABLE: gettext_lazy("%(name)s could not be reached, so the mail went on without it."),
    Trouble.TIMEOUT: gettext_lazy("%(name)s did not answer in time, so the mail went on without it."),
    Trouble.REFUSED: gettext_lazy("%(name)s refused to answer, so the mail went on without it."),
    Trouble.UNTEACHABLE: gettext_lazy("%(name)s does not learn from the mail."),
    Trouble.GARBAGE: gettext_lazy("%(name)s gave an answer that cannot be read, so the mail went on without it."),
    Trouble.PAUSED: gettext_lazy("%(name)s was not asked: it had not answered for the mails before."),
    Trouble.TOO_LARGE: gettext_lazy("%(name)s was not asked: so large a mail is not shown to it."),
    Trouble.NO_TIME: gettext_lazy("%(name)s was not asked: there were too many mails to ask about at once."),
}


def why_words(data: Mapping[str, Any]) -> str:
    """By what a mail was taken for spam; "" where that is not known. data: of a reason, or of an entry of a history."""
    if "signal" in data:
        return header_words(data)
    if "words" in data:
        return content_words(data)
    return daemon_words(data["daemon"]) if "daemon" in data else ""


def header_words(data: Mapping[str, Any]) -> str:
    """The header line and the switch that made it count. data: of a reason, or of an entry of a history."""
    switch = SWITCHES.get(data["signal"], data["signal"])
    return _("its header says %(line)s. Setting of the mailbox: %(switch)s") % {"line": data["line"], "switch": switch}


def content_words(data: Mapping[str, Any]) -> str:
    """How sure it is, and the words that weighed most. data: of a reason, or of an entry of a history."""
    words = ", ".join(f"“{word}”" for word in data["words"])
    said = _("%(percent)s percent like what you marked as spam, by %(words)s")
    return said % {"percent": data["percent"], "words": words}


def too_few_marks(data: Mapping[str, Any]) -> str:
    """Why it is only said and not done. data: of an entry of a history."""
    return _("%(spam)s of %(least)s marked as spam and %(clean)s of %(least)s as not spam, so it is only said") % {
        "spam": min(data["spam_marks"], MIN_TO_ACT),
        "clean": min(data["clean_marks"], MIN_TO_ACT),
        "least": MIN_TO_ACT,
    }


def daemon_words(heard: Mapping[str, Any]) -> str:
    """What the operator's spam daemon made of a mail, by what, and the switch. heard: with a verdict."""
    said = verdict_words(heard)
    if heard["hits"]:
        named = ", ".join(f"{name} ({score:g})" for name, score in heard["hits"])
        said = _("%(said)s, most by %(rules)s") % {"said": said, "rules": named}
    return _("%(said)s. Setting of the mailbox: %(switch)s") % {"said": said, "switch": switch_words(heard["name"])}


def verdict_words(heard: Mapping[str, Any]) -> str:
    """How much it makes of a mail. heard: with a verdict."""
    named = {"name": name_of(heard["name"]), "score": f"{heard['score']:g}", "action": heard["action"]}
    if named["action"]:
        return _("%(name)s gives it %(score)s points and advises “%(action)s”") % named
    if heard["threshold"] is None:
        return _("%(name)s gives it %(score)s points and advises nothing") % named
    return _("%(name)s gives it %(score)s points, spam begins at %(least)s") % {
        **named,
        "least": f"{heard['threshold']:g}",
    }


def heard_words(heard: Mapping[str, Any]) -> str:
    """The sentence about what it said of a mail that went on, or why it said nothing."""
    trouble = _TROUBLES.get(heard.get("trouble", ""))
    if trouble is not None:
        return str(trouble) % {"name": name_of(heard["name"])}
    return f"{verdict_words(heard)}."
