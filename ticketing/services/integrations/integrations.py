"""Making, renaming, pausing and deleting integrations. Inside the organization's scope; the settings call this."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from helpdesk.accounts.models import Membership
from helpdesk.accounts.services import audit
from helpdesk.lib import clock
from helpdesk.lib.errors import DomainError
from helpdesk.lib.text import clean_line
from helpdesk.tenancy import tokens
from helpdesk.tenancy.models import TokenPurpose
from ticketing.models import IncomingHook, Integration, IntegrationToken, Webhook, WebhookState
from ticketing.services.webhooks.stopping import refresh_followed
from ticketing.services.webhooks.subscriptions import go_on

MAX_NAME_CHARS = 80


@transaction.atomic
def create_integration(name: str, *, actor: Membership) -> Integration:
    """The integration is there, without a token yet. Raises DomainError: name, name_taken."""
    integration = Integration(name=_tidy(name), created_by=actor, created_at=clock.now())
    _save(integration)
    audit.record("integration.created", target=integration, actor=actor)
    return integration


@transaction.atomic
def rename_integration(integration: Integration, *, name: str, actor: Membership) -> None:
    """It is called this from now on, in the history too. Raises DomainError: name, name_taken."""
    before, integration.name = integration.name, _tidy(name)
    if before == integration.name:
        return
    _save(integration)
    audit.record("integration.renamed", target=integration, actor=actor, changes={"name": (before, integration.name)})


@transaction.atomic
def pause_integration(integration: Integration, *, actor: Membership) -> None:
    """Its tokens and calls are refused, and it is told nothing, until it is resumed."""
    if Integration.objects.filter(pk=integration.pk, paused_at=None).update(paused_at=clock.now()):
        audit.record("integration.paused", target=integration, actor=actor)


@transaction.atomic
def resume_integration(integration: Integration, *, actor: Membership) -> None:
    """Its tokens are good again, and its webhooks go on where they stopped."""
    if Integration.objects.filter(pk=integration.pk).exclude(paused_at=None).update(paused_at=None):
        go_on(list(Webhook.objects.filter(integration=integration, state=WebhookState.ON)))
        audit.record("integration.resumed", target=integration, actor=actor)


@transaction.atomic
def delete_integration(integration: Integration, *, actor: Membership) -> None:
    """It is gone with its tokens, webhooks and address for good; what it did stays, under its name."""
    moment = clock.now()
    if not Integration.objects.filter(pk=integration.pk, deleted_at=None).update(deleted_at=moment):
        return
    living = IntegrationToken.objects.filter(integration=integration, revoked_at=None)
    for token_id in list(living.values_list("pk", flat=True)):
        tokens.forget(TokenPurpose.API, row_id=token_id)
    living.update(revoked_at=moment)
    tokens.forget(TokenPurpose.WEBHOOK, row_id=integration.pk)
    IncomingHook.objects.filter(integration=integration).delete()
    Webhook.objects.filter(integration=integration).delete()
    refresh_followed()
    audit.record("integration.deleted", target=integration, actor=actor)


def _tidy(name: str) -> str:
    tidy = " ".join(clean_line(name).split())
    if not tidy or len(tidy) > MAX_NAME_CHARS:
        raise DomainError(_("A name has 1 to %d characters.") % MAX_NAME_CHARS, code="name")
    return tidy


def _save(integration: Integration) -> None:
    try:
        with transaction.atomic():
            integration.save()
    except IntegrityError as error:
        sentence = _("There is an integration with this name. Choose another one.")
        raise DomainError(sentence, code="name_taken") from error
