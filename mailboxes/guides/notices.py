"""What is told before a mailbox is connected."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _

from mailboxes.guides.parts import Text

NO_PASSWORDS = _(
    "Google and Microsoft ended basic authentication, that is, username and password alone: Microsoft from 1 October"
    " 2022, Google for Workspace in May 2025. Use OAuth: sign in with Microsoft or Google, or register an app. Sending"
    " through Microsoft with a password ends with the year 2026."
)
PREREQUISITES: Sequence[Text] = (
    _("The address exists at your provider already, and serves nothing else."),
    _("Postroom reaches the mail server over the internet: no firewall is in between, or a proxy is set up for it."),
    _(
        "For signing in, forwarding and notifications the other way, too: the address of Postroom is reachable, for"
        " signing in at least from your own browser."
    ),
    _("The protocol, IMAP, POP3 or SMTP, is switched on for the account in the settings of the provider."),
    _(
        "With Microsoft and Google: user consent is allowed for the user or group that signs in, or an administrator"
        " consents for all."
    ),
)
TIME_WINDOW = _(
    "With Microsoft Graph and Exchange Web Services the start date matters most: they are asked for mail received"
    " after the last known time, so what was there before is told apart by its date alone. IMAP and POP3 number their"
    " messages."
)
