"""`manage.py guides --write docs/admin/guides`: the guides of the product as files, so that docs/ cannot drift.

Without --write it names the files that differ, and fails if there are any.
"""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from helpdesk.running.commands import OperatorCommand
from mailboxes.guides.files import guide_files


class Command(OperatorCommand):
    """Compares or writes the files."""

    help = __doc__
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path)
        parser.add_argument("--write", action="store_true")
        parser.add_argument("--json", action="store_true")

    def handle(self, **options: Any) -> None:
        folder: Path = options["folder"]
        wanted = guide_files()
        different = [name for name, text in wanted.items() if not _is_same(folder / name, text)]
        if options["write"]:
            folder.mkdir(parents=True, exist_ok=True)
            for name in different:
                (folder / name).write_text(wanted[name], encoding="utf-8")
        if options["json"]:
            self.stdout.write(json.dumps({"files": len(wanted), "different": different}))
        if different and not options["write"]:
            raise CommandError(f"Not as the product has them: {', '.join(different)}. Run it with --write.")


def _is_same(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8") == text
