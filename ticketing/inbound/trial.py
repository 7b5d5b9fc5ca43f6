"""What a test mail would have become, had it been real mail: for the test that sent it, and for the log.

The policy is asked once more, without what says that the mail is a test; nothing of it is carried out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from helpdesk.accounts.models import Category, Company, Membership, Team
from mailboxes.diagnosis.arriving import MARK_HEADER
from ticketing.inbound.decisions import Action, Decision
from ticketing.inbound.envelope import Envelope
from ticketing.inbound.facts import Facts
from ticketing.inbound.files import files_of
from ticketing.inbound.filtering import looked_at
from ticketing.inbound.mapping.applying import NOTHING, Mapped, map_mail
from ticketing.inbound.mapping.preparing import prepared
from ticketing.inbound.policy import decide
from ticketing.inbound.rules.effects import NO_EFFECTS, RuleEffects
from ticketing.inbound.rules.planning import plan_rules
from ticketing.inbound.ticket_rows import author_of, routing_of
from ticketing.inbound.unproven import told
from ticketing.mail.values import AutoKind, Automation

SHOWN_CHARS = 2000  # of the text
_OURS = ("auto-submitted", "x-postroom-")  # how the names of headers begin that a test mail has and no person's
_WRITTEN_BY_A_PERSON = Automation(is_auto=False, kind=None, signal="", may_answer=True, no_answer_because="")


@dataclass(frozen=True)
class Trial:
    """The decision on the mail as real mail."""

    envelope: Envelope
    facts: Facts
    decision: Decision
    rules: RuleEffects = NO_EFFECTS
    mapped: Mapped = NOTHING

    @property
    def would(self) -> dict[str, object]:
        """The decision as the log keeps it."""
        decision = self.decision
        return {"outcome": decision.outcome.value, "reason": decision.reason.value, "data": dict(decision.data)}


def try_as_real(envelope: Envelope, facts: Facts) -> Trial:
    """What the policy decides about this test mail as real mail, and what rules would do. Writes nothing."""
    real = _as_real(envelope)
    asked = replace(facts, check_mail="", has_own_id=False)
    decision, _trace = decide(real, asked)
    kept = prepared(real, asked)
    mapped = map_mail(real, asked, decision, files=files_of(kept))
    rules = plan_rules(real, asked, decision, mapped=mapped)
    said = told(decision, envelope=real, facts=asked, mapped=mapped)
    return Trial(kept, asked, said, rules, mapped)


def verdict_of(trial: Trial) -> Mapping[str, object]:
    """The ticket that would stand there, for whoever sent the mail. Three queries; inside the scope."""
    envelope, decision = trial.envelope, trial.decision
    contact = trial.facts.asker
    return (
        trial.would
        | {
            "opens": decision.action is Action.OPEN,
            "subject": envelope.subject,
            "text": envelope.mail.text[:SHOWN_CHARS],
            "requester": envelope.asked_by[1] or envelope.from_address,
            "requester_name": (contact.name if contact else "") or envelope.asked_by[0] or author_of(envelope),
        }
        | _routing(trial)
    )


def _routing(trial: Trial) -> dict[str, object]:
    routing = routing_of(trial.decision, trial.envelope, trial.facts)
    routing |= trial.mapped.routing
    routing |= {name: value for name, value in trial.rules.values.items() if name in routing}
    team = Team.objects.filter(id=routing["team_id"]).first()
    agent = Membership.objects.select_related("user").filter(id=routing["assignee_id"]).first()
    category = Category.objects.filter(id=routing["category_id"]).first()
    company = Company.objects.filter(id=routing["company_id"]).first()
    return {
        "team": str(team) if team else "",
        "category": category.path if category else "",
        "company": company.name if company else "",
        "agent": str(agent) if agent else "",
        "priority": str(routing["priority"]),
    }


def _as_real(envelope: Envelope) -> Envelope:
    """The mail as a person would have sent it."""
    mail = envelope.mail
    if mail.header(MARK_HEADER) is None:
        return envelope
    headers = tuple((name, value) for name, value in mail.headers if not name.lower().startswith(_OURS))
    automation = _WRITTEN_BY_A_PERSON if mail.automation.kind is AutoKind.GENERATED else mail.automation
    real = replace(mail, headers=headers, automation=automation)
    return replace(envelope, mail=real, filtered=looked_at(real, sender=envelope.sender))
