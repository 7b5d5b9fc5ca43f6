"""Everything that can be set about mail, as an organization with much of it would have it. Keeps none of the mails out.

Imported once Django is set up; each function inside the organization's scope.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count, islice

from mailboxes.models import Mailbox
from tests.bench.mails import WORDS
from ticketing.inbound.automatic import Rule as AutomaticRule
from ticketing.inbound.automatic import places
from ticketing.inbound.filtering import Entry
from ticketing.inbound.rules.written import Action, Condition, Group
from ticketing.models import EntryKind, FieldKind, FilterMode
from ticketing.models.automatic import AutomaticClass, NewMail
from ticketing.models.mail_policy import Copies, Quotes
from ticketing.models.mapping import How, Moment, RequesterFrom, Source
from ticketing.models.rules import Act, AppliesTo, Compare, Joined, Look
from ticketing.models.spam import SpamCorpus, SpamWord
from ticketing.models.writers import NeededProof, Openers
from ticketing.services.answer_policy import LimitsInput, PolicyInput, set_answer_limits, set_answer_policy
from ticketing.services.automatic_mail import AutomaticInput, set_automatic_rules
from ticketing.services.filters import FilterInput, save_filter
from ticketing.services.mail_mapping import CopyInput, MappingInput, set_mapping
from ticketing.services.mail_policy import MailPolicyInput, set_mail_policy
from ticketing.services.rules.saving import RuleInput, create_rule
from ticketing.services.ticket_fields import FieldProfile, create_field
from ticketing.services.writer_policies import WriterInput, save_writers

ENTRIES = 50
RULES = 200
LEARNED_WORDS = 2000


def set_everything(mailbox: Mailbox) -> None:
    """Filters of 50 entries for all and for the mailbox, automatic mail, writers, mapping, answers, learned spam."""
    save_filter(None, FilterInput(FilterMode.IGNORE, tuple(islice(_entries(), ENTRIES))))
    allowed = (*islice(_entries(), ENTRIES - 1), Entry(EntryKind.DOMAIN, "customers.test"))
    save_filter(mailbox, FilterInput(FilterMode.ALLOW, allowed))
    taken = {kind: AutomaticRule(NewMail.TICKET, places(kind)[0]) for kind in AutomaticClass}
    set_automatic_rules(AutomaticInput(taken, version=0))
    domains = ("customers.test", "*.partners.test")
    save_writers(None, WriterInput(openers=Openers.LISTED, domains=domains, proof=NeededProof.WHERE_TOLD))
    set_mail_policy(MailPolicyInput(repeat_days=30, copies=Copies.ANY, quotes=Quotes.DROP))
    set_answer_policy(None, PolicyInput(acknowledges=True, tells_not_worked=True), version=0)
    never = tuple(islice((each for each in _entries() if each.kind is not EntryKind.HEADER), ENTRIES))
    set_answer_limits(LimitsInput(never, max_answers=5, within_hours=24), version=0)
    _map(mailbox)
    _learn()


def set_rules(mailbox: Mailbox) -> None:
    """200 rules of one or two conditions each; of a hundred mails about forty are matched by one of them or several."""
    for number, conditions in enumerate(islice(_conditions(mailbox), RULES)):
        action = Action(Act.ADD_TAG, f"tag {number % 10}") if number % 2 else Action(Act.PRIORITY, "high")
        group = Group(Joined.ALL, conditions)
        create_rule(RuleInput(f"Rule {number}", group, [action], applies_to=AppliesTo.BOTH))


def _entries() -> Iterator[Entry]:
    """Entries that match none of the mails."""
    for number in count():
        yield Entry(EntryKind.ADDRESS, f"nobody{number}@elsewhere.test")
        yield Entry(EntryKind.DOMAIN, f"elsewhere{number}.test")
        yield Entry(EntryKind.SUBDOMAINS, f"mail{number}.elsewhere.test")
        yield Entry(EntryKind.WORDS, f"win prize {number}")
        yield Entry(EntryKind.HEADER, f"robot {number}", "x-mailer")


def _map(mailbox: Mailbox) -> None:
    for kind in (FieldKind.TEXT, FieldKind.LONG_TEXT, FieldKind.NUMBER):
        create_field(FieldProfile(kind.value), kind=kind, key=kind.value, actor=None)
    copies = [
        CopyInput(Moment.NEW, Source.SENDER_NAME, FieldKind.TEXT.value),
        CopyInput(Moment.NEW, Source.BODY, FieldKind.LONG_TEXT.value),
        CopyInput(Moment.UPDATE, Source.BODY, FieldKind.LONG_TEXT.value, How.APPEND),
        CopyInput(Moment.NEW, Source.HEADER, FieldKind.NUMBER.value, header="x-order"),
    ]
    wanted = MappingInput(
        tags=["mail"],
        values={FieldKind.TEXT.value: "unknown"},
        copies=copies,
        requester=RequesterFrom.REPLY_TO,
        most_prefixes=2,
        refused_endings=["exe"],
        max_file_bytes=10_000_000,
        reads_commands=True,
    )
    set_mapping(mailbox, wanted)


def _learn() -> None:
    """From sixty mails of each kind: the words of the mails say nothing, others much."""
    SpamCorpus.objects.create(spam_marks=60, clean_marks=60, version=1)
    words = [SpamWord(word=word, in_spam=20, in_clean=20) for word in dict.fromkeys(WORDS)]
    words += [SpamWord(word=f"word{number}", in_spam=number % 60, in_clean=1) for number in range(LEARNED_WORDS)]
    SpamWord.objects.bulk_create(words)


def _conditions(mailbox: Mailbox) -> Iterator[tuple[Condition, ...]]:
    here = Condition(Look.MAILBOX, Compare.IS, (str(mailbox.pk),))
    yield (Condition(Look.SUBJECT, Compare.CONTAINS, ("refund",)),)
    yield (Condition(Look.SUBJECT, Compare.CONTAINS, ("invoice",)), here)
    for number in count():
        yield (Condition(Look.SUBJECT, Compare.CONTAINS, (f"order {number} of", "complaint")),)
        yield (here, Condition(Look.BODY, Compare.CONTAINS, (f"warranty {number}",)))
        yield (Condition(Look.DOMAIN, Compare.IS, (f"*.partner{number}.test",)),)
        yield (here, Condition(Look.HEADER, Compare.CONTAINS, (f"robot {number}",), header="x-mailer"))
        yield (Condition(Look.SENDER, Compare.IS, (f"boss{number}@customers.test",)),)
        yield (here, Condition(Look.BODY, Compare.MATCHES, (rf"\bserial[ :]+{number}-\d{{4,}}\b",)))
        yield (Condition(Look.FILE_NAME, Compare.IS, (f"order-{number}-*.pdf",)),)
        yield (Condition(Look.LANGUAGE, Compare.IS, ("sv",)), Condition(Look.HAS_FILES, Compare.THERE))
