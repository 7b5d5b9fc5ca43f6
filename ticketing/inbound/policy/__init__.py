"""The steps that decide about a mail, in order; the first that says something has decided.

Each is a pure function from envelope and facts to a decision or None. Adding one is a line here; see docs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ticketing.inbound.decisions import Decision
from ticketing.inbound.envelope import Envelope
from ticketing.inbound.facts import Facts
from ticketing.inbound.policy.answers import add_answer
from ticketing.inbound.policy.automata import (
    ignore_automatic_answer,
    ignore_generated,
    ignore_report,
    note_automatic,
)
from ticketing.inbound.policy.bounces import reached_again, tie_bounce
from ticketing.inbound.policy.completions import complete_message
from ticketing.inbound.policy.filters import ignore_filtered, ignore_unlisted
from ticketing.inbound.policy.loops import stop_loop
from ticketing.inbound.policy.opening import ignore_new_mail, ignore_while_off, open_ticket
from ticketing.inbound.policy.orders import join_as_ordered, released
from ticketing.inbound.policy.repeats import ignore_check_mail, ignore_own_mail, ignore_twin
from ticketing.inbound.policy.sent import take_sent
from ticketing.inbound.policy.spam import recognise_spam
from ticketing.inbound.policy.writers import check_opener, check_updater

Step = Callable[[Envelope, Facts], Decision | None]

STEPS: tuple[Step, ...] = (
    join_as_ordered,  # a person has looked at this very mail
    complete_message,  # first of what goes by itself: what its headers are to us was decided when they came
    ignore_own_mail,  # nothing of ours may count as an answer, a bounce or a twin
    ignore_check_mail,
    ignore_twin,  # before anything with an effect, so that no effect happens twice
    take_sent,  # nothing below is asked about what people of ours have sent
    tie_bounce,  # before threading: a report is no answer, though it carries our token
    ignore_report,
    ignore_automatic_answer,
    ignore_generated,
    ignore_filtered,  # before threading takes effect: what is ignored is no answer either
    ignore_unlisted,
    stop_loop,  # after what ignores for good reasons, before anything that has an effect
    check_updater,  # before anything is added to a ticket
    note_automatic,  # after the filters, which ignore answers of any kind
    add_answer,
    ignore_while_off,  # after everything that may belong to a ticket
    ignore_new_mail,
    check_opener,
    recognise_spam,  # last of all: what a setting keeps out needs no judgement, and answers go where they belong
    open_ticket,  # always decides
)


# For a mail that is here already and that a person has called no spam: what would it have become?
STEPS_OF_CLEARED: tuple[Step, ...] = tuple(
    step for step in STEPS if step not in (complete_message, ignore_twin, stop_loop, ignore_while_off, recognise_spam)
)


def decide(envelope: Envelope, facts: Facts, *, steps: Sequence[Step] = STEPS) -> tuple[Decision, tuple[str, ...]]:
    """The decision, and the trace: the names of the steps that were asked, the deciding one last.

    What a member has ordered to leave out is not asked, and the decision says so.
    """
    asked: list[str] = []
    skips = envelope.delivery.skips
    for step in steps:
        if step.__name__ in skips:
            continue
        asked.append(step.__name__)
        decision = step(envelope, facts)
        if decision is not None:
            said = reached_again(decision, envelope, facts)
            return (released(said, envelope) if skips else said), tuple(asked)
    raise AssertionError("The last step always decides.")
