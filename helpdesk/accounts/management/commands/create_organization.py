"""`manage.py create_organization`: an organization and its owner from a shell, as the first-run page makes them."""

from __future__ import annotations

import json
import os
from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError

from helpdesk.accounts.models import Membership, User
from helpdesk.accounts.services.founding import Founder, found_organization
from helpdesk.accounts.services.passwords import send_first_password_link
from helpdesk.running.commands import OperatorCommand


class Command(OperatorCommand):
    """Prints what was made; exits with 1 and one line on anything it refuses."""

    help = "Make an organization and its owner."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug", help="the address: 1 to 40 small letters, digits and inner hyphens")
        parser.add_argument("--name", required=True, help="what people call the organization")
        parser.add_argument(
            "--owner-email", required=True, help="who will own it; an existing user is taken as they are"
        )
        parser.add_argument("--owner-password-env", default="", help="name of the environment variable with a password")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *_: Any, **options: Any) -> None:
        email = options["owner_email"].strip().lower()
        is_new = not User.objects.filter(email=email).exists()
        founder = Founder(email=email, password=_password(options["owner_password_env"]))
        try:
            membership = found_organization(founder, slug=options["slug"], name=options["name"], origin="command")
        except ValidationError as error:
            raise CommandError(_one_line(error)) from error
        result: dict[str, Any] = {
            "id": membership.organization_id,
            "slug": membership.organization.slug,
            "owner": membership.user.email,
            "owner_is_new": is_new,
        }
        if not membership.user.has_usable_password():
            result["sent"], result["password_link"] = send_first_password_link(membership)
        self.stdout.write(json.dumps(result) if options["json"] else _sentences(membership, result))


def _password(variable: str) -> str:
    if not variable:
        return ""
    password = os.environ.get(variable, "")
    if not password:
        raise CommandError(f"The environment variable {variable} is not set. Set it to the owner's password.")
    return password


def _one_line(error: ValidationError) -> str:
    if not hasattr(error, "error_dict"):
        return " ".join(error.messages)
    names = {"slug": "SLUG", "name": "--name", "email": "--owner-email", "password": "--owner-password-env"}
    return " ".join(f"{names.get(field, field)}: {' '.join(texts)}" for field, texts in error.message_dict.items())


def _sentences(membership: Membership, result: dict[str, Any]) -> str:
    lines = [f"Made {membership.organization.name} at /o/{membership.organization.slug}/, owned by {result['owner']}."]
    if not result["owner_is_new"]:
        lines.append("The owner had an account already and keeps its password.")
    if "password_link" in result:
        done = "A mail with this link is on its way" if result["sent"] else "No mail could be sent; hand over this link"
        lines.append(f"{done} to choose a password: {result['password_link']}")
    return "\n".join(lines)
