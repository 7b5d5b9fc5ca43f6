"""App configuration of mailboxes."""

from __future__ import annotations

from django.apps import AppConfig

POLLS_AT_ONCE = 16  # they wait for servers, not for the processor


class MailboxesConfig(AppConfig):
    """Moves mail bytes between servers and the ledger."""

    name = "mailboxes"

    def ready(self) -> None:
        from django.conf import settings

        from helpdesk.accounts.signals import team_deleted
        from helpdesk.tenancy import drains
        from helpdesk.tenancy.models import WorkKind
        from helpdesk.web.banners import register_banner
        from helpdesk.web.navigation import register_rail
        from helpdesk.web.news import register_news
        from mailboxes import audit_targets, audit_words
        from mailboxes.news import mailbox_news
        from mailboxes.rail import rail
        from mailboxes.services.liveness import forecasting, notifying, subscribing, tracing
        from mailboxes.services.oauth import device_sign_ins
        from mailboxes.services.reading import polling
        from mailboxes.services.sending import delivering, filing
        from mailboxes.services.setup.routing import note_lost_team
        from mailboxes.views.mail_switch import mail_switch_banner

        register_rail(rail)
        register_news(mailbox_news)
        register_banner(mail_switch_banner)
        audit_words.register()
        audit_targets.register()
        team_deleted.connect(note_lost_team, dispatch_uid="mailboxes-lost-team")
        drains.register(
            WorkKind.POLL, handler=polling.handle, queue="poll", lease_s=lambda: settings.LEASE_S, slots=POLLS_AT_ONCE
        )
        drains.register(WorkKind.NOTIFY, handler=notifying.handle, queue="default", lease_s=notifying.LEASE_S)
        drains.register(WorkKind.END_TRACE, handler=tracing.handle, queue="default", lease_s=tracing.LEASE_S)
        drains.register(
            WorkKind.DEVICE_CODE, handler=device_sign_ins.handle, queue="poll", lease_s=device_sign_ins.LEASE_S
        )
        drains.register(WorkKind.SUBSCRIBE, handler=subscribing.handle, queue="poll", lease_s=subscribing.LEASE_S)
        drains.register(
            WorkKind.FORECAST,
            handler=forecasting.handle,
            queue="default",
            lease_s=forecasting.LEASE_S,
            is_standing=True,
        )
        drains.register(
            WorkKind.DELIVER, handler=delivering.deliver, queue="outbound", lease_s=lambda: settings.LEASE_S
        )
        drains.register(WorkKind.FILE_SENT, handler=filing.attend, queue="outbound", lease_s=lambda: settings.LEASE_S)
