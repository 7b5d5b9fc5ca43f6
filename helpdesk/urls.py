"""All addresses of the product. Upper layers are named as strings: nothing here imports them."""

from __future__ import annotations

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

from helpdesk.web.health import health

urlpatterns: list[URLPattern | URLResolver] = [
    path("health/", health, name="health"),
    path("", include("helpdesk.accounts.urls")),
    path("", include("helpdesk.web.urls")),
    path("o/<slug:slug>/", include("mailboxes.urls")),
    path("o/<slug:slug>/", include("ticketing.urls")),
    path("", include("mailboxes.public_urls")),
    path("", include("ticketing.public_urls")),
    path("", include("ticketing.api.urls")),
]
if settings.DEMO:
    urlpatterns.append(path("sandbox/", include("helpdesk.sandbox.urls")))

handler400 = "helpdesk.web.errors.bad_request"
handler403 = "helpdesk.web.errors.permission_denied"
handler404 = "helpdesk.web.errors.page_not_found"
handler500 = "helpdesk.web.errors.server_error"
