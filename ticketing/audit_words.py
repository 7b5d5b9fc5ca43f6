"""What the configuration log says of integrations, filters and tags."""

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
    register_words(
        "filter",
        name=_("Filters"),
        actions={"filter.changed": _("changed the filter of")},
        fields={
            "filter_mode": _("what it does"),
            "filter_address": _("addresses, from and to"),
            "filter_domain": _("domains, from and to"),
            "filter_subdomains": _("domains and all below, from and to"),
            "filter_words": _("words, from and to"),
            "filter_header": _("headers, from and to"),
        },
    )
    register_words(
        "tag",
        name=_("Tags"),
        actions={"tag.changed": _("changed the tag")},
        fields={"is_for_spam": _("put on spam")},
    )
