"""The headers by which a mail says which installation sent it, for which organization, and why; shown, never obeyed."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings

from helpdesk.accounts.models import Organization
from helpdesk.tenancy.state import required_organization_id
from mailboxes.models import Cause


def origin_headers(cause: Cause, *, cause_id: str) -> dict[str, str]:
    """Those of a mail that belongs to no ticket. One query; inside the organization's scope."""
    public_id = Organization.objects.values_list("public_id", flat=True).get(id=required_organization_id())
    return {
        "X-Postroom-Installation": urlsplit(settings.BASE_URL).netloc,
        "X-Postroom-Organization": str(public_id),
        "X-Postroom-Cause": f"{cause.value}; id={cause_id}",
    }
