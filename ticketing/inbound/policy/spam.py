"""New mail that is spam by its headers, its words or the operator's daemon opens a ticket in the Spam view.

Which headers count is the mailbox's setting, which words people's marks have taught. What these call clean is clean,
whatever the daemon says, which knows no organization.

An answer to an open ticket is never taken from it, whatever its headers say: somebody waits for it there.
"""

from __future__ import annotations

from helpdesk.spam_daemon.values import Heard
from mailboxes.models import Outcome
from ticketing.inbound.decisions import Action, Decision, Reason
from ticketing.inbound.envelope import Envelope
from ticketing.inbound.facts import Facts
from ticketing.inbound.spam_trust import believed_findings
from ticketing.mail.spam_headers import Signal


def recognise_spam(envelope: Envelope, facts: Facts) -> Decision | None:
    """A ticket marked as spam, the reason naming the header's line and the switch.

    A mailing's Feedback-ID alone says nothing of a mail that answers a (closed) ticket.
    """
    found = believed_findings(envelope.mail.headers, switches=envelope.delivery.spam)
    if facts.match is not None:
        found = [finding for finding in found if finding.signal is not Signal.FEEDBACK_ID]
    if not found:
        return _by_words(envelope, facts)
    data = {"signal": found[0].signal.value, "line": found[0].line, **_about(envelope, facts)}
    return Decision(outcome=Outcome.SPAM, reason=Reason.SPAM_HEADER, data=data, action=Action.OPEN)


def heeds_daemon(envelope: Envelope, facts: Facts) -> bool:
    """True for mail about which it counts what the daemon says: of what is here and new, and where nobody objects."""
    delivery, opinion = envelope.delivery, facts.opinion
    is_new = facts.match is None and not delivery.is_history and not delivery.is_header_only
    is_called_clean = opinion is not None and opinion.is_clean
    return is_new and delivery.asks_spam_daemon and facts.settings.asks_spam_daemon and not is_called_clean


def told_of(heard: Heard | None) -> dict[str, object]:
    """What is kept with the decision, as JSON; nothing where the daemon was not asked."""
    if heard is None:
        return {}
    data: dict[str, object] = {"name": heard.kind.value}
    if heard.trouble is not None:
        data["trouble"] = heard.trouble.value
    if heard.verdict is not None:
        verdict = heard.verdict
        data |= {"score": verdict.score, "threshold": verdict.threshold, "action": verdict.action}
        data["hits"] = [[hit.name, hit.score] for hit in verdict.hits]
    return {"daemon": data}


def _by_words(envelope: Envelope, facts: Facts) -> Decision | None:
    """By what the organization's marks have taught; never where the mail answers something."""
    opinion = facts.opinion
    if opinion is None or not opinion.is_spam or facts.match is not None:
        return _by_daemon(envelope, facts)
    data = {"percent": opinion.percent, "words": list(opinion.words), **_about(envelope, facts)}
    return Decision(outcome=Outcome.SPAM, reason=Reason.SPAM_WORDS, data=data, action=Action.OPEN)


def _by_daemon(envelope: Envelope, facts: Facts) -> Decision | None:
    """By what the daemon has answered, where it was asked."""
    if envelope.heard is None or not envelope.heard.is_spam or not heeds_daemon(envelope, facts):
        return None
    data = {**told_of(envelope.heard), **_about(envelope, facts)}
    return Decision(outcome=Outcome.SPAM, reason=Reason.SPAM_DAEMON, data=data, action=Action.OPEN)


def _about(envelope: Envelope, facts: Facts) -> dict[str, object]:
    """What else is to be said of the ticket."""
    delivery, about = envelope.delivery, dict[str, object]()
    if facts.match is not None and not delivery.is_history:
        about["follows"] = facts.match.ticket.number
    if delivery.is_header_only:
        about |= {"size_bytes": delivery.size_bytes, "limit_bytes": delivery.limit_bytes}
    if envelope.mail.error:
        about["is_unreadable"] = True
    return about
