"""What every part of an installation (web, worker, beat) makes sure of before it starts."""

from __future__ import annotations

import sys
from typing import NoReturn

from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connection

from helpdesk.tenancy.postgresql.base import passes_policies

GIVE_UP = 4  # gunicorn's code of an application that cannot be loaded: it ends, instead of starting workers for ever


def require_plain_role() -> None:
    """Exits with one sentence if the role in DATABASE_URL passes row-level security: organizations would lie open.

    A database that does not answer yet is no reason: a superuser is refused again with each connection.
    """
    try:
        connection.ensure_connection()
        if connection.vendor == "postgresql" and _passes_policies():
            give_up(
                f"{connection.settings_dict['USER']} in DATABASE_URL has BYPASSRLS, so row-level security does not hold"
                " it back. Name a plain role; docs/operations.md says how to make one."
            )
    except ImproperlyConfigured as error:
        give_up(str(error))
    except DatabaseError:
        return
    finally:
        connection.close()  # nothing that is forked later shares it


def _passes_policies() -> bool:
    with connection.cursor() as cursor:
        return passes_policies(cursor)


def give_up(sentence: str) -> NoReturn:
    """The part ends, and says why in one line."""
    sys.stderr.write(f"postroom: {sentence}\n")
    sys.stderr.flush()
    sys.exit(GIVE_UP)
