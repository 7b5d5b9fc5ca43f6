"""The customers' inbox, shown in demo mode only: read what arrived, answer it, write something new."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from helpdesk.sandbox import inbox
from helpdesk.sandbox.forms import CustomerMailForm


@login_required
@require_GET
def customer_inbox(request: HttpRequest) -> HttpResponse:
    """What arrived for the customers, newest first."""
    return render(request, "sandbox/inbox.html", {"mails": inbox.mails(), "page": "inbox"})


@login_required
@require_http_methods(["GET", "POST"])
def customer_mail(request: HttpRequest, key: str) -> HttpResponse:
    """One mail, and the form that answers it."""
    mail = inbox.mail(key)
    if mail is None:
        raise Http404
    subject = mail.subject if mail.subject.lower().startswith("re:") else f"Re: {mail.subject}"
    name, address = mail.to
    form = CustomerMailForm(request.POST or None, initial={"name": name, "address": address, "subject": subject})
    if request.method == "POST" and form.is_valid():
        return _send(request, form, answers=mail)
    return render(request, "sandbox/mail.html", {"mail": mail, "form": form}, status=422 if form.errors else 200)


@login_required
@require_http_methods(["GET", "POST"])
def new_mail(request: HttpRequest) -> HttpResponse:
    """The form for a new mail."""
    form = CustomerMailForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        return _send(request, form, answers=None)
    return render(request, "sandbox/new.html", {"form": form, "page": "new"}, status=422 if form.errors else 200)


def _send(request: HttpRequest, form: CustomerMailForm, *, answers: inbox.CustomerMail | None) -> HttpResponse:
    try:
        inbox.write(**form.values(), answers=answers)
    except OSError:
        messages.error(request, _("The sandbox's mail server does not answer. It is started again; try in a moment."))
    else:
        messages.success(request, _("Sent. The support desk fetches it within 10 seconds."))
    return redirect("sandbox:inbox")
