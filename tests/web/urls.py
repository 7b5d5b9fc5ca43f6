"""Addresses that only the tests of the shell have: a gallery of every part, and views that fail."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.urls import include, path

from helpdesk.lib import clock
from helpdesk.urls import handler400 as handler400
from helpdesk.urls import handler403 as handler403
from helpdesk.urls import handler404 as handler404
from helpdesk.urls import handler500 as handler500
from helpdesk.urls import urlpatterns as product_urls
from helpdesk.web.rendering import page_or_part, redirect
from helpdesk.web.toasts import Action, toast, toast_on_next_page


class ServerForm(forms.Form):
    """A form with one of each kind."""

    host = forms.CharField(label="Server", help_text="As your provider names it", max_length=12)
    security = forms.ChoiceField(label="Security", choices=[("tls", "TLS"), ("starttls", "STARTTLS")])
    password = forms.CharField(
        label="Password", widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}), required=False
    )
    note = forms.CharField(label="Note", widget=forms.Textarea(attrs={"rows": 2}), required=False)
    keep = forms.BooleanField(label="Keep me signed in", help_text="On this computer", required=False)
    after = forms.ChoiceField(
        label="After import", choices=[("leave", "Leave"), ("move", "Move")], widget=forms.RadioSelect
    )


def gallery(request: HttpRequest) -> HttpResponse:
    form = ServerForm(request.POST or None, initial={"security": "starttls", "after": "leave"})
    status = 422 if request.method == "POST" and not form.is_valid() else 200
    context = {
        "form": form,
        "word": request.GET.get("q", "nothing"),
        "moment": clock.in_seconds(-60),
        "near": clock.in_seconds(24 * 60 + 30),
        "numbers": (4821, 4819, 4817),
        "levels": [("normal", "Normal"), ("high", "High")],
    }
    return page_or_part(request, "shell_tests/gallery.html", "shell_tests/_part.html", context, status=status)


def saved(request: HttpRequest) -> HttpResponse:
    return toast(HttpResponse(status=204), "Saved <b>", action=Action(label="Undo", url="/undo/"))


def undo(request: HttpRequest) -> HttpResponse:
    return toast(HttpResponse(status=204), "Taken back")


def moved(request: HttpRequest) -> HttpResponse:
    toast_on_next_page(request, "Moved")
    return redirect(request, "/gallery/")


def broken(request: HttpRequest) -> HttpResponse:
    raise OperationalError


def forbidden(request: HttpRequest) -> HttpResponse:
    raise PermissionDenied


def suspicious(request: HttpRequest) -> HttpResponse:
    raise SuspiciousOperation


def expired(request: HttpRequest) -> HttpResponse:
    return HttpResponse(status=401, headers={"HX-Trigger": "signin"})


urlpatterns: list[Any] = [
    path("gallery/", gallery),
    path("saved/", saved),
    path("undo/", undo),
    path("moved/", moved),
    path("broken/", broken),
    path("forbidden/", forbidden),
    path("suspicious/", suspicious),
    path("expired/", expired),
    path("", include(product_urls)),
]
