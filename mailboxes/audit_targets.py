"""The pages of mailboxes, outgoing servers and proxies, for the configuration log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.urls import reverse

from helpdesk.accounts.audit_links import register_links
from mailboxes.models import Mailbox, OutgoingServer, Proxy


def register() -> None:
    """The log leads to every page of this layer."""
    register_links("mailbox", _mailboxes)
    register_links("connection", _connections)
    register_links("outgoingserver", _servers)
    register_links("proxy", _proxies)


def _mailboxes(slug: str, ids: Sequence[str]) -> Mapping[str, str]:
    there = Mailbox.objects.filter(id__in=ids, deleted_at=None).values_list("id", flat=True)
    return {str(each): reverse("edit_mailbox", kwargs={"slug": slug, "mailbox_id": each}) for each in there}


def _connections(slug: str, ids: Sequence[str]) -> Mapping[str, str]:
    """A connection has no page of its own: the first mailbox on it."""
    there = Mailbox.objects.filter(connection_id__in=ids, deleted_at=None).order_by("-id")
    found = there.values_list("connection_id", "id")
    return {str(each): reverse("edit_mailbox", kwargs={"slug": slug, "mailbox_id": box}) for each, box in found}


def _servers(slug: str, ids: Sequence[str]) -> Mapping[str, str]:
    """One without a name belongs to a mailbox's form."""
    there = OutgoingServer.objects.filter(id__in=ids).exclude(name="").values_list("id", flat=True)
    return {str(each): reverse("edit_outgoing_server", kwargs={"slug": slug, "server_id": each}) for each in there}


def _proxies(slug: str, ids: Sequence[str]) -> Mapping[str, str]:
    there = Proxy.objects.filter(id__in=ids).values_list("id", flat=True)
    return {str(each): reverse("edit_proxy", kwargs={"slug": slug, "proxy_id": each}) for each in there}
