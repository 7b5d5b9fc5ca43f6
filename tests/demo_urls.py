"""The addresses of the product as they are with DEMO on."""

from __future__ import annotations

from django.urls import include, path

from helpdesk.urls import handler400, handler403, handler404, handler500
from helpdesk.urls import urlpatterns as everywhere

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]

urlpatterns = [*everywhere, path("sandbox/", include("helpdesk.sandbox.urls"))]
