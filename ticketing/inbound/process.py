"""The way of one stored mail to its verdict, on one page.

    read ▶ parse ▶ envelope ▶ facts ▶ policy decides ▶ files durable ▶ record, in one transaction with the work's end

Where the operator runs a spam daemon, mail that would open a ticket is shown to it, and decided about once more.
Killed at any line it starts again: nothing but attachment files is written before that one transaction.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial

from django.db import DatabaseError, IntegrityError

from helpdesk.lib import faults, files
from helpdesk.tenancy import counters, work
from helpdesk.tenancy.prepared import reading_ahead
from helpdesk.tenancy.scope import organization_scope
from ticketing.inbound import failures
from ticketing.inbound.decisions import Reason
from ticketing.inbound.deliveries import load_deliveries
from ticketing.inbound.envelope import Delivery, Envelope, make_envelope
from ticketing.inbound.facts import load_facts
from ticketing.inbound.files import contents_of, files_of, without_repeats
from ticketing.inbound.mapping.applying import map_mail
from ticketing.inbound.mapping.preparing import prepared
from ticketing.inbound.plans import Plan, PlanIsStale
from ticketing.inbound.policy import decide
from ticketing.inbound.recording import record
from ticketing.inbound.rules.planning import plan_rules
from ticketing.inbound.spam_daemon import wants_daemon, with_answer
from ticketing.inbound.transactions import writing
from ticketing.inbound.trial import try_as_real
from ticketing.inbound.unproven import told
from ticketing.inbound.verdicts import AlreadyDecided
from ticketing.mail.parse import parse_mail
from ticketing.mail.values import ParsedMail
from ticketing.queries.tags import tags_by_id
from ticketing.services import blobs
from ticketing.services.blobs import Content

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 3


class DaemonIsWanted(Exception):
    """The operator's spam daemon is to be asked before anything is written; undo, ask, plan anew."""


def processor(claims: Sequence[work.Claim]) -> Callable[[work.Claim], None]:
    """What processes each of these claims of one organization; what the ledger knows of them is read at once."""
    return partial(_process, stored=Stored(claims))


def process_raw(claim: work.Claim) -> None:
    """The stored mail has its verdict, or is due again after a pause, or is in quarantine. Outside any transaction.

    Raises LeaseLost when another worker has it meanwhile: then nothing was changed.
    """
    processor([claim])(claim)


class Stored:
    """What the ledger knows of the mails of several claims, read when the first is asked for.

    It may be outdated by the time its turn comes: recording checks what matters.
    """

    def __init__(self, claims: Sequence[work.Claim]) -> None:
        self._organization_id = claims[0].organization_id
        self._raw_ids = [claim.row_id for claim in claims]
        self._deliveries: dict[int, Delivery] | None = None

    def delivery(self, raw_id: int) -> Delivery | None:
        """None for a mail that has its verdict already, or is gone."""
        if self._deliveries is None:
            with organization_scope(self._organization_id):
                self._deliveries = load_deliveries(self._raw_ids)
        return self._deliveries.get(raw_id)


def _process(claim: work.Claim, *, stored: Stored) -> None:
    if claim.attempts > MAX_ATTEMPTS:
        failures.give_up(claim, deaths=MAX_ATTEMPTS)
        return
    errors: list[Exception] = []
    for is_indexed in (True, False):  # where the index for search fails on a mail, it comes in without
        try:
            _bring_in(claim, stored, is_indexed=is_indexed)
        except work.LeaseLost:
            raise
        except AlreadyDecided:
            work.finish(claim)
        except Exception as error:  # noqa: BLE001  one raw message: whatever it is, the next one goes on
            if failures.is_outage(error):
                failures.put_off(claim, error=error)
                return
            errors.append(error)
            if not isinstance(error, DatabaseError):  # the index fails in the database: this is the mail's own
                break
            continue
        if errors:
            logger.warning("intake.not_indexed", extra={"raw_id": claim.row_id}, exc_info=errors[0])
        return
    failures.note(claim, error=errors[0], is_last=claim.attempts >= MAX_ATTEMPTS)


def _bring_in(claim: work.Claim, stored: Stored, *, is_indexed: bool) -> None:
    delivery = stored.delivery(claim.row_id)
    faults.point("intake.claimed")
    if delivery is None:
        work.finish(claim)
        return
    try:
        original = files.read(delivery.storage_key) if delivery.storage_key else None
    except FileNotFoundError:
        original = None
    if original is None:
        failures.miss_file(claim)
        return
    envelope = make_envelope(delivery, mail=read_mail(original, delivery), original=original)
    faults.point("intake.parsed")
    _settle(claim, envelope if is_indexed else replace(envelope, is_indexed=False), original=original)


def read_mail(original: bytes, delivery: Delivery) -> ParsedMail:
    """The parsed mail; when its body defeats the parser, what the headers alone say."""
    mail = parse_mail(original, default_charset=delivery.default_charset or None)
    if mail.error is None:
        return mail
    head = parse_mail(original.replace(b"\r\n", b"\n").partition(b"\n\n")[0] + b"\n\n")
    return replace(head, error=mail.error, defects=mail.defects)


def _settle(claim: work.Claim, envelope: Envelope, *, original: bytes) -> None:
    """Decided and recorded. No transaction waits for the daemon."""
    keys: dict[str, str] = {}
    try:
        _decide(claim, envelope, original=original, keys=keys)
    except DaemonIsWanted:
        _decide(claim, with_answer(envelope, original=original), original=original, keys=keys)


def _decide(claim: work.Claim, envelope: Envelope, *, original: bytes, keys: dict[str, str]) -> None:
    """The facts are loaded without a lock; where they changed meanwhile, again under it. Raises DaemonIsWanted."""
    contents = contents_of(envelope, original=original)
    try:
        plan = _settle_freely(claim, envelope, contents=contents, keys=keys)
    except (PlanIsStale, IntegrityError):
        plan = _settle_locked(claim, envelope, contents=contents, keys=keys)
    faults.point("intake.committed")
    files.discard(key for sha256, key in keys.items() if not plan.writes_message or sha256 in plan.blobs)


def _settle_freely(claim: work.Claim, envelope: Envelope, *, contents: Sequence[Content], keys: dict[str, str]) -> Plan:
    """In one transaction, or in two when files must be written: no transaction waits for a storage."""
    with writing(claim.organization_id):
        plan = _planned(envelope)
        missing = _missing(plan, contents, keys)
        if not missing:
            record(plan, claim=claim, keys=keys)
    if missing:
        keys |= blobs.write_contents(missing, organization_id=claim.organization_id)
        faults.point("intake.files")
        with writing(claim.organization_id):
            record(plan, claim=claim, keys=keys)
    return plan


def _settle_locked(claim: work.Claim, envelope: Envelope, *, contents: Sequence[Content], keys: dict[str, str]) -> Plan:
    """While nobody else writes messages in this organization; files are missing only if the decision changed."""
    with writing(claim.organization_id):
        counters.take()
        plan = _planned(envelope)
        keys |= blobs.write_contents(_missing(plan, contents, keys), organization_id=claim.organization_id)
        record(plan, claim=claim, keys=keys)
    return plan


def _planned(envelope: Envelope) -> Plan:
    plan = plan_mail(envelope)
    if wants_daemon(plan):
        raise DaemonIsWanted
    return plan


def _missing(plan: Plan, contents: Sequence[Content], keys: Mapping[str, str]) -> list[Content]:
    """The contents that nobody has kept yet, of files that stay."""
    if not plan.writes_message:
        return []
    wanted = {file.sha256 for file in files_of(plan.envelope)} - plan.blobs.keys() - keys.keys()
    return [content for content in contents if content.sha256 in wanted]


def plan_mail(envelope: Envelope) -> Plan:
    """What is to be written about this mail, as everything stands. Writes nothing; inside the scope."""
    with reading_ahead():
        return _worked_out(envelope)


def _worked_out(envelope: Envelope) -> Plan:
    facts = load_facts(envelope)
    decision, trace = decide(envelope, facts)
    trial = try_as_real(envelope, facts) if decision.reason is Reason.CHECK_MAIL else None
    if trial is not None:
        decision = replace(decision, data={**decision.data, "would": trial.would})
    kept = prepared(envelope, facts)
    plan = Plan(envelope=kept, facts=facts, decision=decision, trace=trace, blobs={}, trial=trial)
    files = files_of(kept) if plan.writes_message else []
    known = blobs.find_blobs([file.sha256 for file in files if file.sha256])
    mapped = map_mail(envelope, facts, decision, files=without_repeats(files, known=known))
    decision = told(decision, envelope=envelope, facts=facts, mapped=mapped)
    rules = plan_rules(envelope, facts, decision, mapped=mapped)
    tags = tuple(tags_by_id(mapped.tag_ids)) if plan.writes_message else ()
    return replace(plan, decision=decision, mapped=mapped, rules=rules, blobs=known, tags=tags)
