"""`doctor` says when mail for the mail domain is taken by nobody."""

from __future__ import annotations

from typing import Any

import pytest

from helpdesk.running import signs
from helpdesk.running.examination import examine

pytestmark = pytest.mark.django_db


def words() -> str:
    """What is said of the settings."""
    return " ".join(finding.sentence for finding in examine() if finding.area == "settings")


def test_a_mail_domain_without_receive_is_a_warning(settings: Any, tmp_path: Any) -> None:
    locmem = "django.core.cache.backends.locmem.LocMemCache"
    settings.CACHES = {"default": {"BACKEND": locmem, "LOCATION": str(tmp_path)}}
    settings.MAIL_DOMAIN = "in.example.test"
    assert "manage.py receive is not running" in words()
    signs.say_alive(signs.RECEIVE)
    assert "manage.py receive" not in words()
