"""What a setting that is copied between mailboxes stands at, in words."""

from __future__ import annotations

from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from mailboxes.models import AfterImportChoice, Mailbox, SpamTrust


def setting_words(mailbox: Mailbox, code: str) -> str:
    """The setting of this code (services.setup.copying) as the mailbox has it."""
    if code == "team":
        return mailbox.team.name if mailbox.team else _("None")
    if code == "assignee":
        return str(mailbox.assignee) if mailbox.assignee else _("Nobody")
    if code == "category":
        return mailbox.category.path if mailbox.category else _("None")
    if code == "company":
        return mailbox.company.name if mailbox.company else _("None")
    if code == "priority":
        return mailbox.get_ticket_priority_display()
    if code == "poll_interval":
        seconds = mailbox.poll_interval_s
        if seconds is None:
            return _("as the organization")
        return ngettext("every second", "every %(n)d seconds", seconds) % {"n": seconds}
    if code == "after_import":
        return _after_import(mailbox)
    if code == "max_message":
        return filesizeformat(mailbox.max_message_bytes)
    if code == "charset":
        return mailbox.default_charset or _("guessed")
    if code == "spam":
        return _spam(mailbox)
    return _("on") if _SWITCHES[code](mailbox) else _("off")


_SWITCHES = {
    "real_time": lambda mailbox: mailbox.is_real_time,
    "spam_daemon": lambda mailbox: mailbox.asks_spam_daemon,
    "answers_only": lambda mailbox: mailbox.answers_only,
    "plus_addresses": lambda mailbox: mailbox.has_plus_addresses,
    "subject_token": lambda mailbox: mailbox.has_subject_token,
}


def _spam(mailbox: Mailbox) -> str:
    """Which headers count."""
    signals = {
        _("SpamAssassin"): mailbox.trusts_spamassassin,
        _("Exchange"): mailbox.trusts_exchange,
        _("Feedback-ID"): mailbox.trusts_feedback_id,
        _("DMARC"): mailbox.trusts_dmarc,
    }
    named = ", ".join(name for name, is_on in signals.items() if is_on) or _("none")
    return f"{named}; {_('the provider’s alone')}" if mailbox.spam_trust == SpamTrust.PROVIDER else named


def _after_import(mailbox: Mailbox) -> str:
    label = str(AfterImportChoice(mailbox.after_import).label)
    if mailbox.after_import == AfterImportChoice.MOVE:
        return f"{label}: {mailbox.after_import_folder}"
    if mailbox.after_import == AfterImportChoice.DELETE:
        days = mailbox.after_import_days
        return f"{label}: " + ngettext("%(n)d day", "%(n)d days", days) % {"n": days}
    return label
