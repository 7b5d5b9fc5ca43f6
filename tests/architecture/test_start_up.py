"""What a process does not load at its start, and does not leave behind at its end."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

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


def test_a_process_that_did_nothing_leaves_no_file_when_it_ends(tmp_path: Path) -> None:
    """Building the image runs one as root, and its folders would belong to root in everybody's volume."""
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "helpdesk.settings", "DATA_DIR": str(tmp_path)}
    environment.pop("CACHE_URL", None)
    command = [sys.executable, "-c", "import django; django.setup()"]
    subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True)
    assert [path.name for path in tmp_path.iterdir()] == []
