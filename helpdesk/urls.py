"""All addresses of the product. Upper layers are named as strings: nothing here imports them."""

from __future__ import annotations

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("accounts/", include("allauth.account.urls")),
    path("", include("helpdesk.accounts.urls")),
    path("o/<slug:slug>/", include("mailboxes.urls")),
    path("o/<slug:slug>/", include("ticketing.urls")),
    path("", include("ticketing.public_urls")),
]
if settings.DEMO:
    urlpatterns.append(path("sandbox/", include("helpdesk.sandbox.urls")))
