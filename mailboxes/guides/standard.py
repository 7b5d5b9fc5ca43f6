"""Any standard mail server: IMAP, POP3, and OAuth at other providers."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from mailboxes.guides.parts import Guide, Step, Table, Value, telling_redirect

_PORTS = Table(
    _("Usual ports"),
    (_("For"), _("TLS (SSL)"), _("STARTTLS")),
    (("IMAP", "993", "143"), ("POP3", "995", "110"), ("SMTP", "465", "587")),
)

IMAP = Guide(
    "imap",
    _("Any mail server over IMAP"),
    _(
        "For any server that speaks IMAP, such as Gmail, Zoho, Yahoo, Fastmail or one of your own, with username and"
        " password. Mail stays on the server, in step with other programs. Microsoft 365 and Outlook.com take no"
        " passwords any more, only a sign-in."
    ),
    needs=(
        _("The address exists, and IMAP is switched on for it in the settings of the mail provider."),
        _("The server's name, which the provider's help page tells; its ports are reached from Postroom."),
        _("With two-step sign-in: an app password."),
    ),
    steps=(
        Step(
            "server",
            _(
                "Choose the provider, which fills in the servers, or enter the server's name. Choose TLS where it is"
                " offered; others call it SSL or IMAPS."
            ),
            table=_PORTS,
        ),
        Step(
            "login",
            _(
                "The username is the address unless the provider says otherwise. For a shared mailbox it is the"
                " owner's log-in and the shared address, with the owner's password."
            ),
            values=(Value(_("Shared mailbox, such as"), "owner@example.com/shared@example.com"),),
        ),
        Step(
            "sending",
            _("Enter the SMTP server answers leave through, or choose one of the organization's outgoing servers."),
        ),
        Step(
            "test",
            _(
                "Choose **Test connection**. It lists the folders; choose the one to watch, INBOX unless mail is"
                " sorted elsewhere."
            ),
        ),
        Step(
            "existing",
            _("Save, and say what becomes of the mail that is there: nothing, closed tickets, or open tickets."),
        ),
    ),
    afterwards=(
        _(
            "Whether somebody has read a mail plays no part. With **Real time** the server tells of new mail as it"
            " comes (IMAP IDLE)."
        ),
    ),
    checked=_("Tested against Dovecot; what other servers answer, against stand-ins that repeat their words."),
)
POP3 = Guide(
    "pop3",
    _("Mail servers with POP3 alone"),
    _(
        "For servers without IMAP. There are no folders, no marks and no copy of what was sent, and one program at a"
        " time can read the mailbox."
    ),
    needs=(
        _("POP3 is switched on for the address, in the settings of the mail provider."),
        _("The server tells messages apart by unique ids (UIDL); nearly all do, and the test says so if not."),
        _("No other program downloads mail from this address."),
    ),
    steps=(
        Step(
            "server",
            _("Choose POP3 as protocol and enter the server's name; TLS, which others call SSL or POP3S."),
            table=_PORTS,
        ),
        Step("login", _("Username and password as for any mail program; with two-step sign-in an app password.")),
        Step(
            "keep",
            _(
                "Postroom leaves mail on the server unless you choose deletion. Many servers mark mail as read once it"
                " was downloaded, and some remove it: look for a setting there that keeps it."
            ),
            warning=_(
                "At Google a message that was read over POP3 is not offered again. With `recent:` before the username"
                " it is, for 30 days."
            ),
        ),
        Step(
            "test",
            _(
                "Choose **Test connection**. It downloads nothing, and warns where the server removes mail that was"
                " read."
            ),
        ),
        Step("existing", _("Save, and say what becomes of the mail that is there.")),
    ),
    checked=_(
        "Tested against Dovecot; what Google, Yahoo, Zoho, GMX and Exchange answer, against a server that repeats"
        " their words."
    ),
)
OTHER_OAUTH = Guide(
    "other-oauth",
    _("Another provider with OAuth"),
    _(
        "For providers that speak OAuth 2.0 with IMAP or POP3 and SMTP. Somebody signs in for the mailbox, once; the"
        " grant is always an authorization code, and no code is copied by hand."
    ),
    needs=(_("The provider lets you register an app, and its help page names two addresses and the scopes."),),
    steps=(
        telling_redirect(
            "register",
            _(
                "Register an app at the provider, of the kind that runs on a server (confidential, web), and give it"
                " the redirect address."
            ),
        ),
        Step(
            "enter",
            _("Enter what the provider names. All of it is needed but for the tenant, which only Microsoft knows."),
            table=Table(
                _("What is entered"),
                (_("Field"), _("What it is")),
                (
                    (_("Application (client) ID"), _("the name of the app")),
                    (_("Client secret"), _("its password; stored encrypted, never shown")),
                    (_("Authorization address"), _("where people sign in (auth URL); https only")),
                    (_("Token address"), _("where codes become tokens (token URL); https only")),
                    (
                        _("Scopes"),
                        _(
                            "what is asked for, separated by spaces; most providers want offline_access for lasting"
                            " access"
                        ),
                    ),
                    (
                        _("Redirect address"),
                        _("where the provider sends people back to; registered there, never entered here"),
                    ),
                    (_("Directory (tenant) ID"), _("at Microsoft alone")),
                ),
            ),
        ),
        Step(
            "servers",
            _("Enter the servers for receiving and sending. With tokens they are always encrypted: TLS or STARTTLS."),
        ),
        Step(
            "more",
            _(
                "Where the provider wants more with the sign-in, such as `access_type=offline`, enter it a line each."
                " If it says how long a sign-in lasts, enter the days."
            ),
        ),
        Step(
            "sign-in",
            _("Save, go to the provider from there, and allow what is asked. A permission that was left out is named."),
        ),
    ),
    afterwards=(
        _(
            "Updates of Postroom keep everything entered here, and nobody has to enter it anew. Coming from another"
            " helpdesk, bring all seven: older programs kept fewer of them. What is missing is asked for by name."
        ),
    ),
    checked=_("Tested against a stand-in that speaks OAuth 2.0, and Dovecot with tokens."),
)
