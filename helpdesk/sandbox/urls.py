"""Addresses of the sandbox; part of the product's only where DEMO is on."""

from __future__ import annotations

from django.urls import path

from helpdesk.sandbox import views

app_name = "sandbox"
urlpatterns = [
    path("", views.customer_inbox, name="inbox"),
    path("new/", views.new_mail, name="new"),
    path("mails/<str:key>/", views.customer_mail, name="mail"),
]
