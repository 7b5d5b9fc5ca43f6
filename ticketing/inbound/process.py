"""The way of one stored mail to its verdict, on one page.

    read ▶ parse ▶ envelope ▶ facts ▶ policy decides ▶ files durable ▶ record, in one transaction with the work's end

Killed at any line it starts again: nothing but attachment files is written before that one transaction.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from django.db import IntegrityError, transaction

from helpdesk.lib import faults, files
from helpdesk.tenancy import counters, work
from helpdesk.tenancy.scope import organization_scope
from ticketing.inbound import failures
from ticketing.inbound.envelope import Delivery, Envelope, make_envelope
from ticketing.inbound.facts import load_delivery, load_facts
from ticketing.inbound.files import contents_of, files_of
from ticketing.inbound.message_rows import sanitized_html
from ticketing.inbound.policy import decide
from ticketing.inbound.recording import Plan, PlanIsStale, record
from ticketing.mail.parse import parse_mail
from ticketing.mail.sanitize import SanitizedHtml
from ticketing.mail.values import ParsedMail
from ticketing.services import blobs

MAX_ATTEMPTS = 3


def process_raw(claim: work.Claim) -> None:
    """The stored mail has its verdict, or is due again after a pause, or is in quarantine. Outside any transaction.

    Raises LeaseLost when another worker has it meanwhile: then nothing was changed.
    """
    if claim.attempts > MAX_ATTEMPTS:
        failures.give_up(claim, words=f"Its worker died {MAX_ATTEMPTS} times at this mail.")
        return
    try:
        _bring_in(claim)
    except work.LeaseLost:
        raise
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
    intake = _Intake(claim, envelope=envelope, original=original)
    try:
        with organization_scope(claim.organization_id):
            plan = _plan(envelope)
        intake.prepare(plan)
        faults.point("intake.files")
        with _writing(claim.organization_id):
            intake.record(plan)
    except (PlanIsStale, IntegrityError):
        plan = _settle_locked(intake)
    faults.point("intake.committed")
    intake.tidy(plan)


def _settle_locked(intake: _Intake) -> Plan:
    """Planned and recorded while nobody else writes messages in this organization."""
    with _writing(intake.claim.organization_id):
        counters.take()
        plan = _plan(intake.envelope)
        intake.prepare(plan)
        intake.record(plan)
    return plan


class _Intake:
    """One mail between plan and record: its sanitised HTML, and the files written for it so far."""

    def __init__(self, claim: work.Claim, *, envelope: Envelope, original: bytes) -> None:
        self.claim, self.envelope = claim, envelope
        self._original = original
        self._html = SanitizedHtml("", 0)
        self._keys: dict[str, str] = {}  # storage keys by hash

    def prepare(self, plan: Plan) -> None:
        """What the plan needs besides the database is there: contents nobody has kept yet, clean HTML."""
        if not plan.writes_message:
            return
        contents = contents_of(self.envelope, original=self._original)
        missing = [c for c in contents if c.sha256 not in plan.blobs and c.sha256 not in self._keys]
        self._keys |= blobs.write_contents(missing, organization_id=self.claim.organization_id)
        self._html = sanitized_html(self.envelope)

    def record(self, plan: Plan) -> None:
        """Everything is written and the work's end with it. Inside the caller's transaction."""
        record(plan, html=self._html, keys=self._keys)
        work.finish(self.claim)

    def tidy(self, plan: Plan) -> None:
        """Files that turned out to be needless are gone."""
        files.discard(key for sha256, key in self._keys.items() if not plan.writes_message or sha256 in plan.blobs)


@contextmanager
def _writing(organization_id: int) -> Iterator[None]:
    with organization_scope(organization_id), transaction.atomic(savepoint=False):
        yield


def _plan(envelope: Envelope) -> Plan:
    facts = load_facts(envelope)
    decision, trace = decide(envelope, facts)
    plan = Plan(envelope=envelope, facts=facts, decision=decision, trace=trace, blobs={})
    if not plan.writes_message:
        return plan
    hashes = [file.sha256 for file in files_of(envelope) if file.sha256]
    return replace(plan, blobs=blobs.known_blobs(hashes))
