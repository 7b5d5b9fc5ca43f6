"""What an operator should know about this installation: each finding says what is wrong and what to do."""

from __future__ import annotations

import os
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from helpdesk.lib import clock
from helpdesk.lib.files import StorageDown, discard, read, write_durably
from helpdesk.running import signs
from helpdesk.spam_daemon.examining import examine_daemon
from helpdesk.tenancy import checks, drains, rotation, secrets
from helpdesk.tenancy.models import FileSweep, StrayFile, WorkItem, WorkKind
from helpdesk.tenancy.stray_files import GRACE

STUCK_AFTER = timedelta(minutes=10)
MANY_ATTEMPTS = 3
MOST_BROKEN = 20  # named one by one
SWEEP_WITHIN = timedelta(seconds=60)
_WHY = {
    WorkKind.POLL: "The mailbox list says why.",
    WorkKind.PROCESS: "The inbound log says why.",
    WorkKind.ANSWER: "The inbound log says why.",
    WorkKind.FORWARD: "The inbound log says why.",
    WorkKind.DELIVER: "The outbox says why.",
    WorkKind.FILE_SENT: "The outbox says why.",
    WorkKind.ACKNOWLEDGE: "The mailbox list says why.",
    WorkKind.NOTIFY: "Is EMAIL_URL right?",
    WorkKind.SUBSCRIBE: "The mailbox list says why.",
    WorkKind.DEVICE_CODE: "The page of the device code says why.",
    WorkKind.SWEEP_FILES: "The worker's log says why.",
    WorkKind.BULK_CHANGE: "The worker's log says why.",
    WorkKind.LOG_BATCH: "The worker's log says why.",
    WorkKind.PRUNE: "The worker's log says why.",
    WorkKind.RULE_TRIAL: "The worker's log says why.",
    WorkKind.DRY_RUN: "The worker's log says why.",
    WorkKind.FORECAST: "The worker's log says why.",
    WorkKind.END_TRACE: "The worker's log says why.",
    WorkKind.FOLLOW: "The worker's log says why.",
    WorkKind.WEBHOOK: "The page of the webhook says why.",
    WorkKind.ACCEPT: "The worker's log says why.",
    WorkKind.BRING_OVER: "The worker's log says why.",
    WorkKind.INDEX_FIELDS: "The worker's log says why.",
    WorkKind.TEACH: "Is SPAM_DAEMON_LEARN_URL right? The worker's log says what came of it.",
    WorkKind.INDEX: "The worker's log says why.",
    WorkKind.WATCH: "The watcher's log says why.",
}


class Grade(StrEnum):
    """How a finding is."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    area: str
    grade: Grade
    sentence: str


def examine() -> list[Finding]:
    """Everything that was looked at, in order; an area that cannot be examined is a problem of its own."""
    areas: list[tuple[str, Callable[[], Iterator[Finding]]]] = [
        ("settings", _settings),
        ("database", _database),
        ("keys", _keys),
        ("storage", _storage),
        ("broker", _broker),
        ("work", _work),
        ("spam", _spam),
    ]
    found: list[Finding] = []
    for name, look in areas:
        try:
            found += look() or []
        except (DatabaseError, ImproperlyConfigured, OSError, RedisError) as error:
            words = next(iter(str(error).splitlines()), "")
            found.append(Finding(name, Grade.PROBLEM, f"It cannot be examined: {type(error).__name__}: {words}"))
    return found


def _settings() -> Iterator[Finding]:
    if not settings.ALLOWED_HOSTS:
        yield Finding("settings", Grade.PROBLEM, "ALLOWED_HOSTS is empty: every page answers 400. Set the host names.")
    if not settings.EMAIL_URL:
        sentence = "EMAIL_URL is not set: invitations, password links and notices are only printed. Set an SMTP server."
        yield Finding("settings", Grade.WARNING, sentence)
    if settings.MAIL_ALLOW_CLEARTEXT:
        sentence = "MAIL_ALLOW_CLEARTEXT is on: passwords of mailboxes may travel readable."
        yield Finding("settings", Grade.WARNING, sentence)
    if settings.MAIL_DOMAIN and not signs.is_alive(signs.RECEIVE):
        sentence = "MAIL_DOMAIN is set, but manage.py receive is not running: mail for it waits at your mail server."
        yield Finding("settings", Grade.WARNING, sentence)
    if settings.DEMO:
        yield Finding("settings", Grade.WARNING, "DEMO is on: the sandbox customer's inbox is shown. Not for real use.")
    yield Finding("settings", Grade.OK, f"The address is {settings.BASE_URL}.")


def _database() -> Iterator[Finding]:
    plan = MigrationExecutor(connection).migration_plan(MigrationExecutor(connection).loader.graph.leaf_nodes())
    if plan:
        yield Finding("database", Grade.PROBLEM, f"{len(plan)} migrations are missing. Run: manage.py migrate")
        return
    problems = checks.second_wall_stands(databases=["default"])
    yield from (Finding("database", Grade.PROBLEM, str(problem.msg)) for problem in problems)
    if not problems:
        yield Finding("database", Grade.OK, f"{connection.vendor} answers and is migrated.")


def _keys() -> Iterator[Finding]:
    try:
        ring = secrets.keyring()
    except ValueError as error:
        yield Finding("keys", Grade.PROBLEM, str(error))
        return
    used = set(rotation.installation_keys_in_use())
    missing = sorted(used - set(ring.keys))
    if missing:
        sentence = (
            f"ENCRYPTION_KEYS lacks {', '.join(missing)}: mailboxes sealed with it cannot be polled. Add it back."
        )
        yield Finding("keys", Grade.PROBLEM, sentence)
    elif used - {ring.active_id}:
        yield Finding("keys", Grade.WARNING, "Older keys are still in use. Run: manage.py rotate_keys")
    else:
        yield Finding("keys", Grade.OK, f"All data keys are wrapped by {ring.active_id}.")


def _storage() -> Iterator[Finding]:
    content = uuid.uuid4().bytes
    try:
        key = write_durably("doctor", content)
    except StorageDown as error:
        yield Finding(
            "storage", Grade.PROBLEM, f"Mail cannot be stored: {error}. Check DATA_DIR, its rights and space."
        )
        return
    is_same = read(key) == content
    discard([key])
    if not is_same:
        yield Finding("storage", Grade.PROBLEM, "The storage gives back other bytes than it was given.")
        return
    free = os.statvfs(settings.DATA_DIR)
    percent = 100 * free.f_bavail / max(1, free.f_blocks)
    grade = Grade.WARNING if percent < 10 else Grade.OK
    yield Finding("storage", grade, f"Files are written and read back; {percent:.0f} % of the disk are free.")
    yield from _stray_files()


def _stray_files() -> Iterator[Finding]:
    marked = StrayFile.objects.count()
    if marked:
        sentence = (
            f"{marked} files of workers that died, to which no row points, go {GRACE.days} days after they were seen."
        )
        yield Finding("storage", Grade.OK, sentence)
    sweeps = FileSweep.objects.select_related("organization").order_by("organization_id")
    for sweep in sweeps.filter(held__gt=0)[:MOST_BROKEN]:
        slug = sweep.organization.slug
        yield Finding(
            "storage",
            Grade.WARNING,
            f"{sweep.held} files of {slug} have no row, too many for a crash. They are kept: was the database restored"
            " from an older backup, or is it another one? Once you are sure that they may go: manage.py sweep_files"
            f" --organization {slug} --accept-many",
        )
    for sweep in sweeps.exclude(trouble="")[:MOST_BROKEN]:
        sentence = (
            f"The files of {sweep.organization.slug} cannot be listed ({sweep.trouble}), so strays stay."
            " Check the storage and its rights."
        )
        yield Finding("storage", Grade.WARNING, sentence)


def _broker() -> Iterator[Finding]:
    from helpdesk.celery import app

    with app.connection_for_write() as broker:
        try:
            broker.ensure_connection(max_retries=1, timeout=3)
        except (OperationalError, *broker.connection_errors):
            sentence = "The broker does not answer. Check CELERY_BROKER_URL; work waits in the database meanwhile."
            yield Finding("broker", Grade.PROBLEM, sentence)
            return
    swept_at = drains.last_sweep_at()
    if swept_at is None or clock.now() - swept_at > SWEEP_WITHIN:
        sentence = "No sweep within a minute: beat or the workers are not running. Start both."
        yield Finding("broker", Grade.PROBLEM, sentence)
    else:
        yield Finding("broker", Grade.OK, "The broker answers, and a worker swept within the last minute.")


def _work() -> Iterator[Finding]:
    found = [*_late_work(), *_broken_work(), *_failing_work()]
    yield from found or [Finding("work", Grade.OK, "Nothing is stuck.")]
    yield from _after_upgrade()


def _after_upgrade() -> Iterator[Finding]:
    """What an upgrade has left for the workers."""
    left = WorkItem.objects.filter(kind=WorkKind.INDEX_FIELDS).count()
    if left:
        sentence = f"Search takes in the custom fields of older tickets; organizations not done yet: {left}."
        yield Finding("work", Grade.OK, sentence)


def _late_work() -> Iterator[Finding]:
    late = WorkItem.objects.filter(due_at__lt=clock.now() - STUCK_AFTER).values_list("kind", flat=True)
    for kind, count in sorted(Counter(late[:1000]).items()):
        sentence = f"{count} {kind} rows are due for over 10 minutes. Are there enough workers?"
        yield Finding("work", Grade.PROBLEM, sentence)


def _broken_work() -> Iterator[Finding]:
    """Work that ended in an error nobody expected, the oldest first."""
    broken = WorkItem.objects.filter(broke_times__gt=0).select_related("organization").order_by("broke_since")
    for item in broken[:MOST_BROKEN]:
        yield Finding(
            "work",
            Grade.PROBLEM,
            f"{item.kind} row {item.row_id} of {item.organization.slug} broke {item.broke_times}x since"
            f" {item.broke_since:%Y-%m-%d %H:%M} UTC: {item.broke_cause}. It is tried again at"
            f" {item.due_at:%Y-%m-%d %H:%M} UTC, the rest goes on. The worker's log has the traceback under"
            " work.broke: report it, or update Postroom.",
        )
    more = broken[MOST_BROKEN:1000].count()
    if more:
        yield Finding("work", Grade.PROBLEM, f"{more} more rows broke. The worker's log has them under work.broke.")


def _failing_work() -> Iterator[Finding]:
    failing = WorkItem.objects.filter(attempts__gt=MANY_ATTEMPTS, broke_times=0)
    counts = Counter(failing.values_list("kind", "organization__slug")[:1000])
    for (kind, slug), count in sorted(counts.items()):
        sentence = f"{count} {kind} rows of {slug} failed more than {MANY_ATTEMPTS} times. {_WHY[WorkKind(kind)]}"
        yield Finding("work", Grade.WARNING, sentence)


def _spam() -> Iterator[Finding]:
    """Of the daemon, where there is to be one."""
    if settings.SPAM_DAEMON is not None:
        is_well, sentence = examine_daemon(settings.SPAM_DAEMON)
        yield Finding("spam", Grade.OK if is_well else Grade.WARNING, sentence)
