"""What each way to read and send mail does, side by side."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from mailboxes.guides.parts import Table

COMPARISON = Table(
    _("The protocols compared"),
    (
        _("Protocol"),
        _("Providers"),
        _("Mail stays on the server"),
        _("Several programs at once"),
        _("Password or OAuth"),
        _("Sending"),
        _("Real time"),
        _("Use it"),
    ),
    (
        (
            _("Microsoft Graph"),
            _("Microsoft 365"),
            _("Yes, in step"),
            _("Yes"),
            _("OAuth alone: an app registration, or signing in"),
            _("Over Graph; the copy lies in Sent Items"),
            _("Yes, where Microsoft reaches Postroom"),
            _("First choice for Microsoft 365"),
        ),
        (
            _("IMAP, IMAPS"),
            _("Gmail, Zoho, Yahoo, Fastmail and nearly all others"),
            _("Yes, in step"),
            _("Yes"),
            _("Password, or OAuth at Google, Microsoft (an app in Entra, formerly Azure) and others"),
            _("Over SMTP; the copy is filed in Sent"),
            _("Yes (IMAP IDLE)"),
            _("Wherever it is offered"),
        ),
        (
            _("POP3, POP3S"),
            _("Old and small servers; others beside IMAP"),
            _("Usually; some servers remove what was read"),
            _("No, one at a time"),
            _("Password; OAuth at Google and Microsoft"),
            _("Over SMTP, without a copy"),
            _("No, it is polled"),
            _("Only where there is no IMAP"),
        ),
        (
            _("Exchange Web Services (EWS, also called MAPI)"),
            _("Exchange servers of your own, 2010 SP2 and later; Exchange Online until 1 April 2027"),
            _("Yes, in step"),
            _("Yes"),
            _("Password, by NTLM or Basic; OAuth by an app registration or signing in"),
            _("Over Exchange, the copy lies in Sent Items; or over SMTP"),
            _("No, it is polled"),
            _("Where Exchange offers no IMAP; with Microsoft 365 the second choice"),
        ),
        (
            _("Forwarding"),
            _("Any that can forward, and programs of your own"),
            _("As the provider is told"),
            _("Yes"),
            _("None is needed"),
            _("Through an outgoing server"),
            _("Yes, mail is brought"),
            _("Where no server may be read"),
        ),
    ),
)
