"""What a process does not load at its start: libraries of one kind of mailbox that are dear to import."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.architecture.source import ROOT

DEAR = ("exchangelib", "requests_ntlm")
START = """
import sys
import django
django.setup()
import helpdesk.urls, helpdesk.celery, mailboxes.connectors.registry, mailboxes.diagnosis.plans
print(*(name for name in {dear!r} if name in sys.modules))
"""


def test_no_process_loads_the_library_for_exchange_before_a_mailbox_needs_it() -> None:
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "helpdesk.settings"}
    command = [sys.executable, "-c", START.format(dear=DEAR)]
    loaded = subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True)
    assert loaded.stdout.strip() == ""
