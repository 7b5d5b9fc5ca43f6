"""How allauth behaves here: nobody signs up by themselves; people come through the first run or an invitation."""

from __future__ import annotations

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth is untyped
    """The adapter named in settings."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Never: accounts are made by the first-run page and by invitations."""
        del request
        return False
