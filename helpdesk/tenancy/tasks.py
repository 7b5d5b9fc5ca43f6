"""The two tasks there are: a wake-up that drains a kind of work, and the sweep that beat sends."""

from __future__ import annotations

from django.db import close_old_connections

from helpdesk.celery import app
from helpdesk.tenancy import drains
from helpdesk.tenancy.models import WorkKind


@app.task(name="postroom.drain", ignore_result=True)  # type: ignore[untyped-decorator]  # celery is untyped
def drain(kind: str, slot: int) -> None:
    """Due work of this kind is done for a while."""
    drains.run_slot(WorkKind(kind), slot)


@app.task(name="postroom.sweep", ignore_result=True, expires=5)  # type: ignore[untyped-decorator]  # celery is untyped
def sweep() -> None:
    """Due work of every kind has wake-ups on their way."""
    close_old_connections()
    drains.sweep()
