"""From what a service refuses to where the form says it."""

from __future__ import annotations

from django import forms
from django.core.exceptions import ValidationError

from helpdesk.lib.errors import DomainError


def show_refusal(form: forms.Form, error: ValidationError | DomainError) -> None:
    """The form has errors: beside the fields the service named, else above the form."""
    if isinstance(error, DomainError):
        form.add_error(None, error.sentence)
    elif hasattr(error, "error_dict"):
        for field, messages in error.message_dict.items():
            form.add_error(field if field in form.fields else None, messages)
    else:
        form.add_error(None, error)
