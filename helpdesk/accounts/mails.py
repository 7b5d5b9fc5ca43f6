"""Mails of the installation itself, through the operator's server (EMAIL_URL): links to sign in, and what follows.

Each is three templates: subject, text, HTML. Tickets do not leave this way.
"""

from __future__ import annotations

import logging
import smtplib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import css_inline
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string

logger = logging.getLogger(__name__)
CONSOLE = "django.core.mail.backends.console.EmailBackend"


@dataclass(frozen=True)
class MailTemplates:
    """The three templates of one mail."""

    subject: str
    text: str
    html: str  # a page with <style>; the rules are written into the elements, since mail programs drop <style>


def is_configured() -> bool:
    """True if the operator has named a server; without one nothing is sent, and links are shown to be copied."""
    return bool(settings.EMAIL_BACKEND != CONSOLE)


def send(templates: MailTemplates, *, to: str, context: Mapping[str, Any]) -> bool:
    """True if the operator's server took the mail; False, logged, if there is none or it refused. Never retried."""
    values = {**context, "base_url": settings.BASE_URL}
    subject = " ".join(render_to_string(templates.subject, values).split())
    mail = EmailMultiAlternatives(
        subject,
        render_to_string(templates.text, values).strip() + "\n",
        settings.DEFAULT_FROM_EMAIL,
        [to],
        headers={"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"},
    )
    mail.attach_alternative(css_inline.inline(render_to_string(templates.html, values)), "text/html")
    if not is_configured():
        logger.warning("accounts.mail_not_configured")
        return False
    try:
        mail.send()
    except (smtplib.SMTPException, OSError):
        logger.warning("accounts.mail_failed", exc_info=True)
        return False
    return True
