"""What the configuration log says of integrations, filters, rules, answers, contacts, fields and tags."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from helpdesk.accounts.audit_words import register_words
from ticketing.models import AutomaticClass


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
        "rule",
        name=_("Rules"),
        actions={
            "rule.created": _("wrote the rule"),
            "rule.changed": _("changed the rule"),
            "rule.restored": _("brought back an earlier version of the rule"),
            "rule.switched_on": _("switched on the rule"),
            "rule.switched_off": _("switched off the rule"),
            "rule.moved": _("moved the rule"),
            "rule.deleted": _("deleted the rule"),
        },
        fields={"rule": _("what it says"), "place": _("place")},
    )
    register_words(
        "automatic",
        name=_("Automatic mail"),
        actions={"automatic.changed": _("changed what becomes of")},
        fields=_automatic_fields(),
    )
    register_words(
        "mail_policy",
        name=_("Incoming mail"),
        actions={"mail_policy.changed": _("changed the settings of")},
        fields={
            "repeat_days": _("days a mail is remembered"),
            "copies": _("mail through two mailboxes"),
            "quotes": _("quoted text"),
            "asks_spam_daemon": _("asks the installation’s spam filter"),
            "asks_above": _("line that asks to answer above it"),
        },
    )
    register_words(
        "contact",
        name=_("Contacts"),
        actions={
            "contact.changed": _("changed the contact"),
            "contact.merged": _("took another contact into"),
        },
        fields={"affiliation": _("company"), "address": _("address"), "merged": _("taken in")},
    )
    register_words(
        "log_batch",
        name=_("Many messages at once"),
        actions={"log_batch.started": _("began with many messages of the inbound log:")},
        fields={"messages": _("messages"), "ticket": _("ticket")},
    )
    register_words(
        "field",
        name=_("Fields"),
        actions={
            "field.created": _("made the field"),
            "field.changed": _("changed the field"),
            "field.moved": _("moved the field"),
        },
        fields={
            "label": _("name"),
            "kind": _("kind"),
            "key": _("key"),
            "choices": _("words"),
            "place": _("place"),
            "in_lists": _("shown in lists"),
        },
    )
    register_words(
        "answers",
        name=_("Automatic answers"),
        actions={
            "answers.changed": _("changed the automatic answers of"),
            "answers.limits_changed": _("changed the limits of"),
            "answers.text_changed": _("wrote the text of automatic answers"),
            "answers.text_removed": _("removed the text of automatic answers"),
        },
        fields={
            "acknowledges": _("acknowledges new tickets"),
            "tells_not_worked": _("tells who writes where no ticket is opened"),
            "tells_too_large": _("tells whose mail is too large"),
            "unanswered": _("never answered"),
            "subject": _("subject"),
            "text": _("text"),
            "max_answers": _("answers to one address"),
            "within_hours": _("within hours"),
        },
    )
    register_words(
        "canned",
        name=_("Canned replies"),
        actions={
            "canned.created": _("wrote the canned reply"),
            "canned.changed": _("changed the canned reply"),
        },
        fields={"subject": _("subject"), "text": _("text"), "team": _("team")},
    )
    register_words(
        "contact_group",
        name=_("Contact groups"),
        actions={
            "contact_group.created": _("made the contact group"),
            "contact_group.changed": _("changed the contact group"),
            "contact_group.deleted": _("deleted the contact group"),
        },
        fields={
            "members": _("people"),
            "domains": _("domains"),
            "companies": _("companies"),
            "rights": _("rights"),
        },
    )
    register_words(
        "writers",
        name=_("Who may write"),
        actions={"writers.changed": _("changed who may write to")},
        fields={
            "follows": _("follows all mailboxes"),
            "openers": _("who may open tickets"),
            "lets_contacts": _("known contacts"),
            "lets_groups": _("contact groups"),
            "domains": _("domains"),
            "opening_strangers": _("new senders who may open"),
            "opening_refused": _("new mail from anyone else"),
            "updaters": _("who may add to a ticket"),
            "updating_strangers": _("new senders who may add"),
            "updating_refused": _("answers from anyone else"),
            "guest": _("guest contact"),
            "proof": _("needed proof"),
            "servers": _("servers that are believed"),
            "forward_to": _("discarded mail goes to"),
            "forward_text": _("text of forwarded mail"),
            "forward_files": _("forwarded with attachments"),
        },
    )
    register_words(
        "mapping",
        name=_("Mapping"),
        actions={"mapping.changed": _("changed what mail gives tickets in")},
        fields={
            "mapping_tags": _("tags of new tickets"),
            "mapping_values": _("fields of new tickets"),
            "mapping_copies": _("copied into fields"),
            "requester": _("requester"),
            "unwraps_lists": _("writers behind lists"),
            "unwraps_forwards": _("writers of forwarded mail"),
            "most_prefixes": _("most Re: and Fwd:"),
            "kept_files": _("files that are kept"),
            "refused_endings": _("endings that are not kept"),
            "refused_types": _("types that are not kept"),
            "refuses_programs": _("keeps no programs"),
            "max_file_bytes": _("largest file, in bytes"),
            "reads_commands": _("commands in the body"),
            "command_heading": _("heading of commands"),
            "command_clears": _("a name without a value takes it off"),
            "command_how": _("how commands set fields"),
            "trouble_parse": _("lines that are no command"),
            "trouble_field": _("commands for unknown fields and values"),  # as it was told before the two were apart
            "trouble_unknown_field": _("commands for unknown fields"),
            "trouble_bad_value": _("commands with values that the field does not take"),
            "trouble_right": _("commands that the sender may not give"),
        },
    )
    register_words(
        "retention",
        name=_("Keeping mail"),
        actions={"retention.changed": _("changed how long mail is kept:")},
        fields={"raw_days": _("days that sources are kept"), "held_days": _("days that held mail waits")},
    )
    register_words(
        "tag",
        name=_("Tags"),
        actions={"tag.changed": _("changed the tag"), "tag.suggestions_changed": _("changed a setting of tags:")},
        fields={"is_for_spam": _("put on spam"), "suggests_tags": _("suggests tags")},
    )


def _automatic_fields() -> dict[str, Promise | str]:
    """Two for each class, by the names under which the service tells them."""
    fields: dict[str, Promise | str] = {}
    for kind in AutomaticClass:
        fields[f"{kind.name.lower()}_new"] = format_lazy("{}, {}", kind.label, _("new"))
        fields[f"{kind.name.lower()}_on_ticket"] = format_lazy("{}, {}", kind.label, _("on a ticket"))
    return fields
