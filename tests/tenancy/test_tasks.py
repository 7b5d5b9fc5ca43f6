"""What Celery does around our tasks."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from celery.fixups.django import DjangoWorkerFixup
from django.db import connection

from helpdesk.celery import app


@pytest.mark.django_db(transaction=True)
def test_a_worker_keeps_its_database_connection_from_task_to_task() -> None:
    connection.ensure_connection()
    kept = connection.connection
    around = DjangoWorkerFixup(app)
    task = SimpleNamespace(request=SimpleNamespace(is_eager=False))
    for _ in range(3):
        around.on_task_prerun(task)
        around.on_task_postrun(task)
    assert connection.connection is kept
