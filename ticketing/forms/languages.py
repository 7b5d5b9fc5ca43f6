"""Languages of mails, by name."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import get_language_info
from django.utils.translation import gettext as _

_INFO = {"zh": "zh-hans", "no": "nb"}  # as Django knows them


def language_name(code: str) -> str:
    """The language in its own words, as in a list for those who speak it; "" is any other."""
    if not code:
        return _("Any other language")
    return str(get_language_info(_INFO.get(code, code))["name_local"])


def language_choices(codes: Sequence[str]) -> list[tuple[str, str]]:
    """Codes with their names, by name; any other first."""
    named = sorted(((code, language_name(code)) for code in codes), key=lambda pair: pair[1].casefold())
    return sorted(named, key=lambda pair: pair[0] != "")
