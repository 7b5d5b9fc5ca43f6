"""`manage.py rotate_keys`: brings everything under the installation's active key, the first in ENCRYPTION_KEYS."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.apps import apps
from django.core.management.base import CommandError

from helpdesk.running.commands import OperatorCommand
from helpdesk.tenancy import rotation, secrets
from helpdesk.tenancy.rotation import Outcome


class Command(OperatorCommand):
    """Prints what was done for each organization, and which installation keys may be removed now."""

    help = "Wrap all data keys with the active installation key; with --re-encrypt also renew them and all values."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="change nothing, say what would be done")
        parser.add_argument("--re-encrypt", action="store_true", help="renew data keys and seal every value anew")
        parser.add_argument("--json", action="store_true", help="print one JSON object, progress to stderr")

    def handle(self, *_: Any, **options: Any) -> None:
        try:
            keyring = secrets.keyring()
        except ValueError as error:
            raise CommandError(str(error)) from error
        total = Outcome()
        organizations = apps.get_model("accounts.Organization").objects.order_by("pk")
        for organization in organizations.iterator(chunk_size=200):
            outcome = rotation.rewrap(organization, dry_run=options["dry_run"])
            if options["re_encrypt"]:
                _add(outcome, rotation.re_encrypt(organization, dry_run=options["dry_run"]))
            _add(total, outcome)
            self.stderr.write(f"{organization.slug}: {_words(outcome)}")
        in_use = rotation.installation_keys_in_use()
        removable = sorted(set(keyring.keys) - set(in_use) - {keyring.active_id})
        result = asdict(total) | {
            "organizations": organizations.count(),
            "dry_run": options["dry_run"],
            "active_key": keyring.active_id,
            "keys_in_use": dict(in_use),
            "removable_keys": removable,
        }
        self.stdout.write(json.dumps(result) if options["json"] else _summary(result))
        if total.unopened:
            places = ", ".join("/".join(asdict(place).values()) for place in total.unopened[:20])
            raise CommandError(f"{len(total.unopened)} could not be opened and were left as they are: {places}")


def _add(total: Outcome, outcome: Outcome) -> None:
    total.rewrapped += outcome.rewrapped
    total.renewed += outcome.renewed
    total.resealed += outcome.resealed
    total.dropped += outcome.dropped
    total.unopened += outcome.unopened


def _words(outcome: Outcome) -> str:
    return (
        f"{outcome.rewrapped} data keys rewrapped, {outcome.renewed} added, {outcome.dropped} dropped, "
        f"{outcome.resealed} values sealed anew, {len(outcome.unopened)} not opened"
    )


def _summary(result: dict[str, Any]) -> str:
    keys = ", ".join(f"{key_id} ({count})" for key_id, count in sorted(result["keys_in_use"].items())) or "none"
    removable = ", ".join(result["removable_keys"]) or "none"
    tense = "Would be done" if result["dry_run"] else "Done"
    return (
        f"{tense} for {result['organizations']} organizations: {result['rewrapped']} data keys rewrapped, "
        f"{result['renewed']} added, {result['dropped']} dropped, {result['resealed']} values sealed anew.\n"
        f"Installation keys in use (data keys under each): {keys}. New ones are sealed with {result['active_key']}.\n"
        f"May be removed from ENCRYPTION_KEYS: {removable}."
    )
