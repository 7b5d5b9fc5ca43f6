"""App configuration of ticketing."""

from __future__ import annotations

from math import ceil

from django.apps import AppConfig
from django.conf import settings


class TicketingConfig(AppConfig):
    """Turns stored mail into tickets and answers into mail."""

    name = "ticketing"

    def ready(self) -> None:
        """Stored mail is processed by whoever drains the inbound queue; the views stand in the rail."""
        from helpdesk.tenancy import drains, stray_files
        from helpdesk.tenancy.models import WorkKind
        from helpdesk.web.navigation import register_palette, register_rail
        from helpdesk.web.news import register_news
        from mailboxes.next_message import register_policy
        from mailboxes.policy_copies import register_policies
        from mailboxes.signals import mail_given_up, outbox_settled
        from mailboxes.ticket_links import register_ticket_links
        from mailboxes.verdict_words import register_verdict_words
        from ticketing import audit_targets, audit_words, loop_words, oversized_words, waiting_words, webhook_words
        from ticketing.answering import sending
        from ticketing.answering.canned import canned_text
        from ticketing.answering.texts import register_text
        from ticketing.forwarding import sending as forwarding
        from ticketing.inbound.process import processor
        from ticketing.models import AnswerCause
        from ticketing.next_message_words import met_by
        from ticketing.outbound.delivery_news import on_settled
        from ticketing.queries.ticket_links import ticket_links
        from ticketing.rail import rail
        from ticketing.reason_words import words_of
        from ticketing.services import (
            bulk_work,
            field_indexing,
            late_indexing,
            log_batches,
            policy_copies,
            retention,
            spam_teaching,
            waiting_notices,
        )
        from ticketing.services.dry_runs import working as dry_run_work
        from ticketing.services.rules import trial_work
        from ticketing.services.syncing import accepting
        from ticketing.services.unused_blobs import sweep_unused_blobs
        from ticketing.services.webhooks import bringing, calling, following
        from ticketing.views import palette
        from ticketing.webhook_news import webhook_news

        register_rail(rail)
        register_policies(policy_copies.POLICIES)
        register_policy(met_by)
        register_news(webhook_news)
        webhook_words.register()
        waiting_words.register()
        oversized_words.register()
        loop_words.register()
        audit_words.register()
        audit_targets.register()
        register_ticket_links(ticket_links)
        register_verdict_words(words_of)
        register_palette(palette.address)
        drains.register_batched(
            WorkKind.PROCESS,
            handler_for=processor,
            queue="inbound",
            lease_s=lambda: settings.LEASE_S,
            # What a mail's worker does after the lease is refused, so a mail may take as long and no longer.
            time_limit_s=ceil(drains.BUDGET_S + settings.LEASE_S),
            batch=20,
        )
        register_text(AnswerCause.CANNED, canned_text)
        drains.register(WorkKind.ANSWER, handler=sending.handle, queue="outbound", lease_s=lambda: settings.LEASE_S)
        drains.register(WorkKind.FORWARD, handler=forwarding.handle, queue="outbound", lease_s=lambda: settings.LEASE_S)
        drains.register(
            WorkKind.BULK_CHANGE, handler=bulk_work.handle, queue="default", lease_s=bulk_work.LEASE_S, slots=1
        )
        drains.register(WorkKind.LOG_BATCH, handler=log_batches.handle, queue="default", lease_s=log_batches.LEASE_S)
        drains.register(
            WorkKind.PRUNE,
            handler=retention.handle,
            queue="default",
            lease_s=retention.LEASE_S,
            slots=1,
            is_standing=True,
        )
        drains.register(
            WorkKind.RULE_TRIAL, handler=trial_work.handle, queue="default", lease_s=trial_work.LEASE_S, slots=1
        )
        drains.register(
            WorkKind.INDEX_FIELDS,
            handler=field_indexing.handle,
            queue="default",
            lease_s=field_indexing.LEASE_S,
            slots=1,
        )
        drains.register(WorkKind.INDEX, handler=late_indexing.handle, queue="default", lease_s=late_indexing.LEASE_S)
        drains.register(
            WorkKind.TEACH, handler=spam_teaching.handle, queue="default", lease_s=spam_teaching.LEASE_S, slots=1
        )
        drains.register(
            WorkKind.DRY_RUN, handler=dry_run_work.handle, queue="default", lease_s=dry_run_work.LEASE_S, slots=1
        )
        drains.register(WorkKind.FOLLOW, handler=following.handle, queue="default", lease_s=following.LEASE_S)
        drains.register(
            WorkKind.WEBHOOK, handler=calling.handle, queue="outbound", lease_s=lambda: settings.LEASE_S, slots=8
        )
        drains.register(
            WorkKind.BRING_OVER, handler=bringing.handle, queue="default", lease_s=bringing.LEASE_S, slots=1
        )
        drains.register(WorkKind.ACCEPT, handler=accepting.handle, queue="inbound", lease_s=accepting.LEASE_S)
        stray_files.register_before_sweep(sweep_unused_blobs)
        outbox_settled.connect(on_settled, dispatch_uid="ticketing.delivery_news")
        mail_given_up.connect(waiting_notices.on_given_up, dispatch_uid="ticketing.waiting_notices")
