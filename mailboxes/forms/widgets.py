"""Fields that the forms of mailboxes share: choices that put ports and hosts into others, log-ins nobody fills in."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext

from mailboxes.models import SecurityChoice

# 1Password, LastPass, Bitwarden and Dashlane each have an attribute of their own; browsers heed "new-password".
_NO_MANAGER = {"data-1p-ignore": True, "data-lpignore": "true", "data-bwignore": True, "data-form-type": "other"}
PLAIN = {"spellcheck": "false", "autocapitalize": "off"}
NO_AUTOFILL = {"autocomplete": "new-password", "spellcheck": "false", **_NO_MANAGER}
LOGIN_NAME = PLAIN | {"autocomplete": "off", **_NO_MANAGER}

SMTP_PORTS = {SecurityChoice.TLS: 465, SecurityChoice.STARTTLS: 587, SecurityChoice.NONE: 25}

Ports = Mapping[SecurityChoice, int]


def with_port(field_id: str, ports: Mapping[str, Ports], *, protocol_id: str = "") -> forms.Select:
    """A choice of security that puts its usual port into that field (static/js/servers.js).

    ports: by the protocol chosen in the field `protocol_id`; without one, of the only protocol.
    """
    usual = {protocol: {choice.value: port for choice, port in own.items()} for protocol, own in ports.items()}
    attrs = {"data-usual-ports": json.dumps(usual), "data-port-field": field_id}
    return forms.Select(attrs=attrs | ({"data-protocol-field": protocol_id} if protocol_id else {}))


def securities() -> list[tuple[str, Any]]:
    """The choices that the operator allows."""
    allowed = [(SecurityChoice.TLS, "TLS"), (SecurityChoice.STARTTLS, "STARTTLS")]
    none = [(SecurityChoice.NONE, gettext("None: readable on the way"))] if settings.MAIL_ALLOW_CLEARTEXT else []
    return [(choice.value, label) for choice, label in allowed + none]
