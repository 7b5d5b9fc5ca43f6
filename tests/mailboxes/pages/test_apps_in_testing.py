"""A Google app that is not published: each sign-in ends after seven days, and that is said before and after."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from helpdesk.accounts.models import AuditEntry
from helpdesk.lib import clock
from helpdesk.tenancy.scope import organization_scope
from mailboxes.check_lists import check_list
from mailboxes.models import Mailbox, OAuthGrant
from mailboxes.notices import notice_of
from mailboxes.services.oauth.tokens import GrantTokens
from tests.fakes.google import FakeGoogle
from tests.mailboxes.pages.entering import MAILBOXES
from tests.mailboxes.pages.signing_in import CALLBACK, add, come_back, grant_of, sign_in_page, way_there

pytestmark = pytest.mark.django_db


@pytest.fixture
def app(google: FakeGoogle, settings: Any) -> dict[str, str]:
    """The fields of an app that is registered at Google."""
    settings.BASE_URL = "https://desk.example"
    google.redirect_uris = [settings.BASE_URL + CALLBACK]
    return {"client_id": google.client_id, "client_secret": google.client_secret}


def sign_in(admin: Client, google: FakeGoogle, fernhollow: Any) -> OAuthGrant:
    come_back(admin, google.signs_in(way_there(admin, sign_in_page(admin, fernhollow))))
    return grant_of(fernhollow)


@pytest.mark.req("S2.41")
def test_its_sign_in_ends_seven_days_after_it_began_however_it_is_used(
    admin: Client, google: FakeGoogle, fernhollow: Any, app: dict[str, str]
) -> None:
    add(admin, "google", **app, is_in_testing="on")
    grant = sign_in(admin, google, fernhollow)
    assert grant.signed_in_at is not None
    assert grant.sign_in_ends_at == grant.signed_in_at + timedelta(days=7)
    with organization_scope(fernhollow.id):
        OAuthGrant.objects.update(refreshed_at=clock.in_seconds(6 * 86_400))
        Mailbox.objects.update(is_enabled=True, health="reachable", is_draft=False)
    with clock.held_at(grant.signed_in_at + timedelta(days=6)):
        listed = admin.get(MAILBOXES).content.decode()
        assert "Expires soon" in listed
        assert "because the app is in testing" in listed


def test_once_it_is_published_the_next_sign_in_lasts(
    admin: Client, google: FakeGoogle, fernhollow: Any, app: dict[str, str]
) -> None:
    add(admin, "google", **app, is_in_testing="on")
    before = sign_in(admin, google, fernhollow)
    page = sign_in_page(admin, fernhollow)
    assert admin.post(page, {"client_id": app["client_id"], "account": ""}).status_code == 302
    assert grant_of(fernhollow).sign_in_ends_at == before.sign_in_ends_at
    assert sign_in(admin, google, fernhollow).sign_in_ends_at is None


def test_said_later_it_counts_from_the_sign_in(
    admin: Client, google: FakeGoogle, fernhollow: Any, app: dict[str, str]
) -> None:
    add(admin, "google", **app)
    began = sign_in(admin, google, fernhollow)
    assert began.sign_in_ends_at is None
    page = sign_in_page(admin, fernhollow)
    admin.post(page, {"client_id": app["client_id"], "account": "", "is_in_testing": "on"})
    assert grant_of(fernhollow).sign_in_ends_at == began.signed_in_at + timedelta(days=7)
    assert "is_in_testing" in admin.get(page).content.decode()


@pytest.mark.req("F58")
def test_a_sign_in_that_ended_after_seven_days_names_the_likely_reason(
    admin: Client, google: FakeGoogle, fernhollow: Any, app: dict[str, str]
) -> None:
    add(admin, "google", **app)
    grant = sign_in(admin, google, fernhollow)
    google.revoke_all()
    with organization_scope(fernhollow.id):
        Mailbox.objects.update(is_draft=False)  # of one that is being set up nobody is warned
    with clock.held_at(grant.signed_in_at + timedelta(days=7, minutes=5)), pytest.raises(Exception, match="grant_dead"):
        GrantTokens(organization_id=fernhollow.id, grant_id=grant.id).token()
    with organization_scope(fernhollow.id):
        notice = notice_of(AuditEntry.objects.get(action="mailbox.token_refused"))
        mailbox = Mailbox.objects.select_related("connection__grant").get()
        mailbox.error_reason = "grant_dead"
        first = check_list(mailbox)[0]
    assert "as Google ends the sign-ins of apps in testing" in notice.text
    assert first.code == "testing"


@pytest.mark.parametrize(("provider", "is_asked"), [("google", True), ("microsoft", False), ("other", False)])
def test_only_google_is_asked_for(admin: Client, provider: str, is_asked: bool) -> None:
    assert ('name="is_in_testing"' in admin.get(f"{MAILBOXES}new/{provider}/").content.decode()) is is_asked
