"""What the configuration log says of integrations."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from helpdesk.accounts.audit_words import register_words


def register() -> None:
    """The log has words for every action of this layer."""
    register_words(
        "integration",
        name=_("Integrations"),
        actions={
            "integration.created": _("made the integration"),
            "integration.renamed": _("renamed the integration"),
            "integration.paused": _("paused the integration"),
            "integration.resumed": _("resumed the integration"),
            "integration.deleted": _("deleted the integration"),
            "integration.token_issued": _("gave a token to the integration"),
            "integration.token_revoked": _("revoked a token of the integration"),
        },
        fields={"token": _("token"), "scope": _("scope"), "expires_at": _("expires")},
    )
