"""The way of one stored mail to its verdict, on one page.

    read ▶ parse ▶ envelope ▶ facts ▶ policy decides ▶ files durable ▶ record, in one transaction with the work's end

Killed at any line it starts again: nothing but attachment files is written before that one transaction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from django.db import IntegrityError

from helpdesk.lib import faults, files
from helpdesk.tenancy import counters, work
from helpdesk.tenancy.scope import organization_scope
from ticketing.inbound import failures
from ticketing.inbound.envelope import Delivery, Envelope, make_envelope
from ticketing.inbound.facts import load_facts
from ticketing.inbound.files import contents_of, files_of
from ticketing.inbound.lookups import load_delivery
from ticketing.inbound.policy import decide
from ticketing.inbound.recording import Plan, PlanIsStale, record
from ticketing.inbound.transactions import writing
from ticketing.inbound.verdicts import AlreadyDecided
from ticketing.mail.parse import parse_mail
from ticketing.mail.values import ParsedMail
from ticketing.services import blobs
from ticketing.services.blobs import Content

MAX_ATTEMPTS = 3


def process_raw(claim: work.Claim) -> None:
    """The stored mail has its verdict, or is due again after a pause, or is in quarantine. Outside any transaction.

    Raises LeaseLost when another worker has it meanwhile: then nothing was changed.
    """
    if claim.attempts > MAX_ATTEMPTS:
        failures.give_up(claim, deaths=MAX_ATTEMPTS)
        return
    try:
        _bring_in(claim)
    except work.LeaseLost:
        raise
    except AlreadyDecided:
        work.finish(claim)
    except Exception as error:  # noqa: BLE001  one raw message: whatever it is, the next one goes on
        if failures.is_outage(error):
            failures.put_off(claim, error=error)
        else:
            failures.note(claim, error=error, is_last=claim.attempts >= MAX_ATTEMPTS)


def _bring_in(claim: work.Claim) -> None:
    with organization_scope(claim.organization_id):
        delivery = load_delivery(claim.row_id)
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
    envelope = make_envelope(delivery, mail=_read(original, delivery))
    faults.point("intake.parsed")
    _settle(claim, envelope, original=original)


def _read(original: bytes, delivery: Delivery) -> ParsedMail:
    """The parsed mail; when its body defeats the parser, what the headers alone say."""
    mail = parse_mail(original, default_charset=delivery.default_charset or None)
    if mail.error is None:
        return mail
    head = parse_mail(original.replace(b"\r\n", b"\n").partition(b"\n\n")[0] + b"\n\n")
    return replace(head, error=mail.error, defects=mail.defects)


def _settle(claim: work.Claim, envelope: Envelope, *, original: bytes) -> None:
    """Decided and recorded. The facts are loaded without a lock; where they changed meanwhile, again under it."""
    contents = contents_of(envelope, original=original)
    keys: dict[str, str] = {}
    try:
        plan = _settle_freely(claim, envelope, contents=contents, keys=keys)
    except (PlanIsStale, IntegrityError):
        plan = _settle_locked(claim, envelope, contents=contents, keys=keys)
    faults.point("intake.committed")
    files.discard(key for sha256, key in keys.items() if not plan.writes_message or sha256 in plan.blobs)


def _settle_freely(claim: work.Claim, envelope: Envelope, *, contents: Sequence[Content], keys: dict[str, str]) -> Plan:
    """In one transaction, or in two when files must be written: no transaction waits for a storage."""
    with writing(claim.organization_id):
        plan = _plan(envelope)
        missing = _missing(plan, contents, keys)
        if not missing:
            _record(claim, plan, keys)
    if missing:
        keys |= blobs.write_contents(missing, organization_id=claim.organization_id)
        faults.point("intake.files")
        with writing(claim.organization_id):
            _record(claim, plan, keys)
    return plan


def _settle_locked(claim: work.Claim, envelope: Envelope, *, contents: Sequence[Content], keys: dict[str, str]) -> Plan:
    """While nobody else writes messages in this organization; files are missing only if the decision changed."""
    with writing(claim.organization_id):
        counters.take()
        plan = _plan(envelope)
        keys |= blobs.write_contents(_missing(plan, contents, keys), organization_id=claim.organization_id)
        _record(claim, plan, keys)
    return plan


def _record(claim: work.Claim, plan: Plan, keys: Mapping[str, str]) -> None:
    record(plan, keys=keys)
    work.finish(claim)


def _missing(plan: Plan, contents: Sequence[Content], keys: Mapping[str, str]) -> list[Content]:
    """The contents that nobody has kept yet."""
    if not plan.writes_message:
        return []
    return [content for content in contents if content.sha256 not in plan.blobs and content.sha256 not in keys]


def _plan(envelope: Envelope) -> Plan:
    facts = load_facts(envelope)
    decision, trace = decide(envelope, facts)
    plan = Plan(envelope=envelope, facts=facts, decision=decision, trace=trace, blobs={})
    if not plan.writes_message:
        return plan
    hashes = [file.sha256 for file in files_of(envelope) if file.sha256]
    return replace(plan, blobs=blobs.find_blobs(hashes))
