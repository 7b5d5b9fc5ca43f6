"""What tickets refer to: contacts, teams, people, tags and mailboxes, to read."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from helpdesk.accounts.models import Membership, Role, Team
from helpdesk.tenancy.state import required_organization_id
from mailboxes.models import Mailbox
from ticketing.api.base import ApiView, in_scope
from ticketing.api.documents import pages_of, problems
from ticketing.api.paging import PageQuery, page_response
from ticketing.api.parsing import query_of
from ticketing.api.shown import ContactShown, FieldShown, MailboxShown, PersonShown, Shown, TagShown, TeamShown
from ticketing.models import Contact, ContactAddress, Tag, TicketField

BY_ID = ("id",)


class ContactQuery(PageQuery):
    """Which contacts."""

    address = serializers.CharField(required=False, max_length=320)
    company = serializers.IntegerField(required=False, min_value=1, max_value=2**63 - 1)


def _page(request: Request, rows: Any, kind: type[Shown], *, asked: dict[str, Any] | None = None) -> Response:
    asked = asked if asked is not None else query_of(request, PageQuery)
    return page_response(request, rows, asked=asked, order_by=BY_ID, shown=lambda found: kind(found, many=True).data)


class Contacts(ApiView):
    """The people outside."""

    @extend_schema(
        operation_id="list_contacts",
        summary="List contacts",
        parameters=[ContactQuery],
        responses={200: pages_of(ContactShown), **problems(422)},
    )
    @in_scope
    def get(self, request: Request) -> Response:
        """The oldest first."""
        asked = query_of(request, ContactQuery)
        contacts = Contact.objects.select_related("company").prefetch_related("addresses")
        if "address" in asked:
            owners = ContactAddress.objects.filter(address=asked["address"].strip().lower())
            contacts = contacts.filter(pk__in=owners.values("contact"))
        if "company" in asked:
            contacts = contacts.filter(company=asked["company"])
        return _page(request, contacts, ContactShown, asked=asked)


class OneContact(ApiView):
    """Somebody outside."""

    @extend_schema(
        operation_id="read_contact", summary="Read a contact", responses={200: ContactShown, **problems(404)}
    )
    @in_scope
    def get(self, request: Request, contact_id: int) -> Response:
        """With every address."""
        del request
        contacts = Contact.objects.select_related("company").prefetch_related("addresses")
        for contact in contacts.filter(pk=contact_id) if contact_id < 2**63 else ():
            return Response(ContactShown(contact).data)
        raise Http404


class Teams(ApiView):
    """The teams."""

    @extend_schema(
        operation_id="list_teams",
        summary="List teams",
        parameters=[PageQuery],
        responses={200: pages_of(TeamShown), **problems(422)},
    )
    @in_scope
    def get(self, request: Request) -> Response:
        """The oldest first."""
        return _page(request, Team.objects.all(), TeamShown)


class People(ApiView):
    """Whom tickets can be given to."""

    @extend_schema(
        operation_id="list_people",
        summary="List people who work on tickets",
        parameters=[PageQuery],
        responses={200: pages_of(PersonShown), **problems(422)},
    )
    @in_scope
    def get(self, request: Request) -> Response:
        """Active members who may be given tickets."""
        members = Membership.objects.filter(organization_id=required_organization_id(), is_active=True)
        return _page(request, members.exclude(role=Role.VIEWER).select_related("user"), PersonShown)


class Tags(ApiView):
    """The tags."""

    @extend_schema(
        operation_id="list_tags",
        summary="List tags",
        parameters=[PageQuery],
        responses={200: pages_of(TagShown), **problems(422)},
    )
    @in_scope
    def get(self, request: Request) -> Response:
        """The oldest first."""
        return _page(request, Tag.objects.all(), TagShown)


class Fields(ApiView):
    """The custom fields of tickets."""

    @extend_schema(
        operation_id="list_fields",
        summary="List custom fields",
        parameters=[PageQuery],
        responses={200: pages_of(FieldShown), **problems(422)},
    )
    @in_scope
    def get(self, request: Request) -> Response:
        """The oldest first, the retired ones among them."""
        return _page(request, TicketField.objects.all(), FieldShown)


class Mailboxes(ApiView):
    """The mailboxes."""

    @extend_schema(
        operation_id="list_mailboxes",
        summary="List mailboxes",
        parameters=[PageQuery],
        responses={200: pages_of(MailboxShown), **problems(422)},
    )
    @in_scope
    def get(self, request: Request) -> Response:
        """Those that are set up, the oldest first."""
        return _page(request, Mailbox.objects.filter(deleted_at=None, is_draft=False), MailboxShown)
