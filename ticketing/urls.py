"""Addresses of tickets below an organization."""

from __future__ import annotations

from django.urls import path

from ticketing.views import (
    attachments,
    bulk_changes,
    composer,
    drafts,
    filter_lists,
    filter_trials,
    filters,
    inbound_log,
    integration_tokens,
    integrations,
    messages,
    palette,
    presence,
    properties,
    queue,
    raw_source,
    tags,
    ticket,
    whole_mails,
)

urlpatterns = [
    path("", queue.home, name="organization_home"),
    path("views/<slug:view>/", queue.queue, name="queue"),
    path("views/<slug:view>/rest/", bulk_changes.rest, name="rest_of_view"),
    path("bulk-changes/", bulk_changes.bulk_changes, name="bulk_changes"),
    path("bulk-changes/<int:change_id>/stopping/", bulk_changes.stopped_bulk_change, name="stop_bulk_change"),
    path("bulk-changes/<int:change_id>/continuing/", bulk_changes.continued_bulk_change, name="continue_bulk_change"),
    path("bulk-changes/<int:change_id>/undoing/", bulk_changes.undone_bulk_change, name="undo_bulk_change"),
    path("bulk-changes/<int:change_id>/dismissal/", bulk_changes.dismissed_bulk_change, name="dismiss_bulk_change"),
    path("tags/", tags.tags, name="tags"),
    path("palette/", palette.palette, name="palette"),
    path("tickets/changes/<int:first>/<int:last>/undoing/", properties.undo, name="undo_changes"),
    path("tickets/changes/<slug:what>/", properties.change_many, name="change_tickets"),
    path("tickets/<int:number>/", ticket.ticket, name="ticket"),
    path("tickets/<int:number>/preview/", ticket.ticket_preview, name="ticket_preview"),
    path("tickets/<int:number>/answers/", composer.answer, name="answer"),
    path("tickets/<int:number>/draft/", drafts.draft, name="draft"),
    path("tickets/<int:number>/draft/discarding/", drafts.discarded_draft, name="discard_draft"),
    path("tickets/<int:number>/draft/<slug:mode>/files/", attachments.upload, name="upload"),
    path("tickets/<int:number>/draft/files/<uuid:public_id>/removal/", attachments.remove_upload, name="remove_upload"),
    path("tickets/<int:number>/presence/", presence.presence, name="presence"),
    path("tickets/<int:number>/messages/<int:message_id>/images/", messages.message_images, name="message_images"),
    path("tickets/<int:number>/messages/<int:message_id>/original/", messages.original, name="original"),
    path(
        "tickets/<int:number>/messages/<int:message_id>/original/frame/", messages.original_frame, name="original_frame"
    ),
    path("tickets/<int:number>/messages/<int:message_id>/delivery/", messages.delivery, name="delivery"),
    path(
        "tickets/<int:number>/messages/<int:message_id>/whole/", whole_mails.whole_of_message, name="whole_of_message"
    ),
    path(
        "tickets/<int:number>/messages/<int:message_id>/whole/fetching/",
        whole_mails.fetch_whole_of_message,
        name="fetch_whole_of_message",
    ),
    path("tickets/<int:number>/messages/<int:message_id>/undoing/", messages.undone_answer, name="undo_answer"),
    path("tickets/<int:number>/changes/<slug:what>/", properties.change, name="change_ticket"),
    path("settings/integrations/", integrations.integrations, name="integrations"),
    path("settings/integrations/reference/", integrations.reference, name="api_reference"),
    path("settings/integrations/new/", integrations.add_integration, name="add_integration"),
    path("settings/integrations/<int:integration_id>/", integrations.integration, name="integration"),
    path(
        "settings/integrations/<int:integration_id>/deletion/",
        integrations.integration_deletion,
        name="integration_deletion",
    ),
    path("settings/integrations/<int:integration_id>/pause/", integrations.pause, name="pause_integration"),
    path("settings/integrations/<int:integration_id>/resumption/", integrations.resume, name="resume_integration"),
    path(
        "settings/integrations/<int:integration_id>/tokens/", integration_tokens.new_token, name="new_integration_token"
    ),
    path(
        "settings/integrations/<int:integration_id>/tokens/<int:token_id>/revocation/",
        integration_tokens.revocation,
        name="integration_token_revocation",
    ),
    path("filters/", filters.filters, name="filters"),
    path("filters/<int:mailbox_id>/copying/", filter_lists.copy_filter, name="copy_filter"),
    path("filters/copies/<int:copy_id>/undoing/", filter_lists.undo_filter_copy, name="undo_filter_copy"),
    path("filters/<slug:whose>/", filters.mail_filter, name="mail_filter"),
    path("filters/<slug:whose>/draft/", filters.filter_draft, name="filter_draft"),
    path("filters/<slug:whose>/suggestions/", filters.filter_suggestions, name="filter_suggestions"),
    path("filters/<slug:whose>/trial/", filter_trials.filter_trial, name="filter_trial"),
    path("filters/<slug:whose>/import/", filter_lists.import_filter, name="import_filter"),
    path("filters/<slug:whose>/entries.csv", filter_lists.filter_list, name="filter_list"),
    path("inbound-log/", inbound_log.inbound_log, name="inbound_log"),
    path("inbound-log/<int:entry_id>/", inbound_log.inbound_log_entry, name="inbound_log_entry"),
    path("inbound-log/<int:entry_id>/retry/", inbound_log.retry_entry, name="retry_entry"),
    path("inbound-log/<int:entry_id>/whole/", whole_mails.whole_of_entry, name="whole_of_entry"),
    path("inbound-log/<int:entry_id>/whole/fetching/", whole_mails.fetch_whole_of_entry, name="fetch_whole_of_entry"),
    path("inbound-log/of-message/<int:raw_id>/entry/", raw_source.entry_of_message, name="log_of_message"),
    path("inbound-log/of-message/<int:raw_id>/", raw_source.source_of_message, name="source_of_message"),
    path("inbound-log/<int:entry_id>/source/", raw_source.raw_source, name="raw_source"),
    path("inbound-log/<int:entry_id>/message.eml", raw_source.raw_download, name="raw_download"),
]
