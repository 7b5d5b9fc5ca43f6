"""The Celery application. With CELERY_BROKER_URL it speaks Redis; without, a broker on files that needs no server.

Correctness never rests on the broker: due work is rows (`helpdesk.tenancy.work`), tasks only wake a worker.
"""

from __future__ import annotations

import os
from typing import Any

from celery import Celery
from celery.concurrency import get_implementation
from celery.signals import beat_init, setup_logging, worker_init, worker_ready

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helpdesk.settings")

from django.conf import settings

from helpdesk import file_broker
from helpdesk.running.starting import require_plain_role
from helpdesk.tenancy import shares

SWEEP_EVERY_S = 1.0
QUEUES = ("poll", "inbound", "outbound", "default")

app = Celery("postroom")


def _file_broker() -> dict[str, object]:
    folder = settings.DATA_DIR / "broker"
    for name in ("queue", "control", "new"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    return {
        "broker_url": f"{file_broker.SCHEME}://localhost",  # without a host kombu warns in every process
        "broker_transport_options": {
            "data_folder_in": str(folder / "queue"),
            "data_folder_out": str(folder / "queue"),
            "control_folder": str(folder / "control"),
            "new_folder": str(folder / "new"),
            "polling_interval": 0.05,
        },
        "worker_enable_remote_control": False,
    }


def _redis_broker(url: str) -> dict[str, object]:
    return {
        "broker_url": url,
        # kombu's default puts a dead worker's messages back only after 100 s.
        "broker_transport_options": {
            "visibility_timeout": 600,
            "unacked_restore_interval": 5,
            "unacked_restore_throttle": 1,
        },
    }


app.conf.update(
    _redis_broker(settings.CELERY_BROKER_URL) if settings.CELERY_BROKER_URL else _file_broker(),
    task_default_queue="default",
    task_serializer="json",
    accept_content=["json"],
    task_ignore_result=True,
    task_acks_late=False,  # a wake-up that dies with its worker is replaced by the next sweep
    worker_prefetch_multiplier=1,
    worker_hijack_root_logger=False,
    worker_send_task_events=False,
    broker_connection_retry_on_startup=True,
    task_time_limit=600,
    beat_schedule={
        "sweep": {"task": "postroom.sweep", "schedule": SWEEP_EVERY_S, "options": {"queue": "default", "expires": 5}}
    },
    beat_schedule_filename=str(settings.DATA_DIR / "beat-schedule"),
)
# Else Celery closes the database connection around each task, and each mail that comes would cost two new ones.
# How old one may get, and whether it still works, Django sees to (`close_old_connections` at the start of each task).
app.conf["CELERY_DB_REUSE_MAX"] = 10_000
app.autodiscover_tasks(["helpdesk.tenancy"])


@worker_init.connect  # type: ignore[untyped-decorator]  # celery is untyped
@beat_init.connect  # type: ignore[untyped-decorator]  # celery is untyped
def refuse_privileged_role(**_: object) -> None:
    """Neither a worker nor beat starts as a role that row-level security does not hold back."""
    require_plain_role()


@worker_init.connect  # type: ignore[untyped-decorator]  # celery is untyped
def share_threads(sender: Any, **_: object) -> None:
    """Where a worker works in threads, no organization takes all of them from others."""
    if get_implementation(sender.pool_cls) is get_implementation("threads"):
        shares.share_out(threads=sender.concurrency, percent=settings.ORGANIZATION_SHARE_PERCENT)


@worker_ready.connect  # type: ignore[untyped-decorator]  # celery is untyped
def say_ready(sender: Any, **_: object) -> None:
    """A file in DATA_DIR says that this worker takes work; who starts the parts waits for it."""
    (settings.DATA_DIR / f"{sender.hostname.partition('@')[0]}.ready").touch()


@setup_logging.connect  # type: ignore[untyped-decorator]  # celery is untyped
def keep_our_logging(**_: object) -> None:
    """Django's LOGGING stands; Celery adds nothing of its own."""
