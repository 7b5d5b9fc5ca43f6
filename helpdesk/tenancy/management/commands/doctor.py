"""`manage.py doctor`: what is wrong with this installation, and what to do. Exits 1 when there is a problem."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from helpdesk.running.commands import OperatorCommand
from helpdesk.running.examination import Grade, examine


class Command(OperatorCommand):
    """Looks at settings, database, keys, storage, broker and due work."""

    help = __doc__
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="one JSON object")

    def handle(self, **options: Any) -> None:
        findings = examine()
        is_well = all(finding.grade is not Grade.PROBLEM for finding in findings)
        if options["json"]:
            self.stdout.write(json.dumps({"ok": is_well, "findings": [asdict(finding) for finding in findings]}))
        else:
            for finding in findings:
                self.stdout.write(f"{finding.grade:8} {finding.area:9} {finding.sentence}")
        if not is_well:
            sys.exit(1)
