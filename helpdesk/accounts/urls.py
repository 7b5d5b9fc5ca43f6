"""Addresses of people and organizations.

Of allauth only what Postroom offers: no sign-up, no second addresses. The names are the ones it looks for.
"""

from __future__ import annotations

from allauth.account import views as allauth_views
from django.urls import URLPattern, path, re_path
from django.views.generic import RedirectView

from helpdesk.accounts.views import first_run, home

_signing_in = [
    path("accounts/login/", allauth_views.login, name="account_login"),
    path("accounts/logout/", allauth_views.logout, name="account_logout"),
    path("accounts/inactive/", allauth_views.account_inactive, name="account_inactive"),
    path("accounts/password/change/", allauth_views.password_change, name="account_change_password"),
    path(
        # Where somebody without a password would be sent; the link in the mail sets the first one as well.
        "accounts/password/set/",
        RedirectView.as_view(pattern_name="account_reset_password"),
        name="account_set_password",
    ),
    path("accounts/password/reset/", allauth_views.password_reset, name="account_reset_password"),
    path("accounts/password/reset/done/", allauth_views.password_reset_done, name="account_reset_password_done"),
    path(
        "accounts/password/reset/key/done/",
        allauth_views.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    re_path(
        r"^accounts/password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>[^/]+)/$",
        allauth_views.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
]

urlpatterns: list[URLPattern] = [
    *_signing_in,
    path("", home.home, name="home"),
    path("first-run/", first_run.first_run, name="first_run"),
    path("organizations/", home.organizations, name="organizations"),
    path("profile/", home.profile, name="profile"),
]
