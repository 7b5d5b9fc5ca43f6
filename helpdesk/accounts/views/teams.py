"""Teams: the list, a page for each, and removing one."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from helpdesk.accounts import queries
from helpdesk.accounts.access import OrganizationRequest, requires
from helpdesk.accounts.capabilities import Capability
from helpdesk.accounts.forms.teams import TeamForm
from helpdesk.accounts.models import Team, TeamMember
from helpdesk.accounts.services.teams import change_team, create_team, delete_team
from helpdesk.accounts.views.saving import saved
from helpdesk.web.rendering import page_or_part, redirect
from helpdesk.web.toasts import toast_on_next_page


@requires(Capability.MANAGE_TEAMS)
@require_safe
def teams(request: OrganizationRequest) -> HttpResponse:
    """All teams."""
    return page_or_part(request, "accounts/teams.html", "accounts/_teams.html", {"teams": queries.teams()})


@requires(Capability.MANAGE_TEAMS)
@require_http_methods(["GET", "HEAD", "POST"])
def new_team(request: OrganizationRequest) -> HttpResponse:
    """A form for another team."""
    form = TeamForm(request.POST or None)
    return saved(
        request, form, lambda: create_team(form.profile(), actor=request.membership), back_to="settings_teams"
    ) or _page(request, form)


@requires(Capability.MANAGE_TEAMS)
@require_http_methods(["GET", "HEAD", "POST"])
def team(request: OrganizationRequest, team_id: int) -> HttpResponse:
    """One team: name, colour, members."""
    found = _found(team_id)
    chosen = list(TeamMember.objects.filter(team=found).values_list("membership_id", flat=True))
    form = TeamForm(request.POST or None, initial={"name": found.name, "hue": found.hue, "members": chosen})
    return saved(
        request,
        form,
        lambda: change_team(team_id, profile=form.profile(), actor=request.membership),
        back_to="settings_teams",
    ) or _page(request, form, team=found)


@requires(Capability.MANAGE_TEAMS)
@require_http_methods(["GET", "HEAD", "POST"])
def team_deletion(request: OrganizationRequest, team_id: int) -> HttpResponse:
    """What stays when the team goes, and the button."""
    found = _found(team_id)
    if request.method == "POST":
        delete_team(team_id, actor=request.membership)
        toast_on_next_page(request, _("Team removed"))
        return redirect(request, "settings_teams", slug=request.organization.slug)
    context = {"team": found, "uses": queries.uses_of(found)}
    return page_or_part(request, "accounts/team_deletion.html", "accounts/_team_deletion.html", context)


def _page(request: OrganizationRequest, form: TeamForm, *, team: Team | None = None) -> HttpResponse:
    context = {"form": form, "team": team}
    status = 422 if form.errors else 200
    return page_or_part(request, "accounts/team.html", "accounts/_team.html", context, status=status)


def _found(team_id: int) -> Team:
    found: Team | None = Team.objects.filter(pk=team_id).first()
    if found is None:
        raise Http404
    return found
