"""The account on a real server that mailboxes' tests use, for flows that begin there."""

from __future__ import annotations

from tests.mailboxes.conftest import account, mail_settings

__all__ = ["account", "mail_settings"]
