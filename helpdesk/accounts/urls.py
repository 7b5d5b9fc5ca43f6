"""Addresses of people and organizations.

Of allauth only what Postroom offers: no sign-up, no second addresses. The names are the ones it looks for.
"""

from __future__ import annotations

from allauth.account import views as allauth_views
from django.urls import URLPattern, URLResolver, include, path, re_path
from django.views.generic import RedirectView

from helpdesk.accounts.views import (
    audit_trail,
    business_hours,
    categories,
    companies,
    first_run,
    home,
    invitations,
    joining,
    organization,
    people,
    profile,
    teams,
)

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

_settings = [
    path("", organization.settings_home, name="settings"),
    path("organization/", organization.organization, name="settings_organization"),
    path("people/", people.people, name="settings_people"),
    path("people/<int:member_id>/", people.member, name="settings_member"),
    path("people/<int:member_id>/role/", people.member_role, name="settings_member_role"),
    path("people/<int:member_id>/deactivation/", people.member_deactivation, name="settings_member_deactivation"),
    path("people/<int:member_id>/reactivation/", people.member_reactivation, name="settings_member_reactivation"),
    path("invitations/", invitations.invitations, name="settings_invitations"),
    path(
        "invitations/<int:invitation_id>/renewal/", invitations.invitation_renewal, name="settings_invitation_renewal"
    ),
    path(
        "invitations/<int:invitation_id>/revocation/",
        invitations.invitation_revocation,
        name="settings_invitation_revocation",
    ),
    path("teams/", teams.teams, name="settings_teams"),
    path("teams/new/", teams.new_team, name="settings_new_team"),
    path("teams/<int:team_id>/", teams.team, name="settings_team"),
    path("teams/<int:team_id>/deletion/", teams.team_deletion, name="settings_team_deletion"),
    path("hours/", business_hours.business_hours, name="settings_hours"),
    path("categories/", categories.categories, name="settings_categories"),
    path("categories/new/", categories.new_category, name="settings_new_category"),
    path("categories/<int:category_id>/", categories.category, name="settings_category"),
    path("companies/", companies.companies, name="settings_companies"),
    path("companies/new/", companies.new_company, name="settings_new_company"),
    path("companies/<int:company_id>/", companies.company, name="settings_company"),
    path("roles/", profile.roles, name="settings_roles"),
    path("profile/", profile.profile, name="settings_profile"),
    path("log/", audit_trail.audit_trail, name="settings_audit"),
    path("log/export.csv", audit_trail.audit_export, name="export_audit"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    *_signing_in,
    path("", home.home, name="home"),
    path("first-run/", first_run.first_run, name="first_run"),
    path("organizations/", home.organizations, name="organizations"),
    path("profile/", home.profile, name="profile"),
    path("invitations/<str:token>/", joining.invitation, name="invitation"),
    path("o/<slug:slug>/settings/", include(_settings)),
]
