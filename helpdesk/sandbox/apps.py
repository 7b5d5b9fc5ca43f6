"""App configuration of the sandbox; installed only where DEMO is on."""

from __future__ import annotations

from collections.abc import Iterable

from django.apps import AppConfig
from django.http import HttpRequest


class SandboxConfig(AppConfig):
    """Shows the way to the customers' inbox."""

    name = "helpdesk.sandbox"

    def ready(self) -> None:
        """The rail names the sandbox."""
        from django.urls import reverse
        from django.utils.translation import gettext as _

        from helpdesk.web.navigation import Item, Section, register_rail

        def rail(request: HttpRequest) -> Iterable[Item]:
            del request
            return [Item(name=_("Sandbox inbox"), url=reverse("sandbox:inbox"), section=Section.FOOT, icon="mail")]

        register_rail(rail)
