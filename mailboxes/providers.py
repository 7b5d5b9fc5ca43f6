"""Where a mailbox may be hosted: the cards the wizard begins with, and where each leads.

The order is that of the page. What needs a setting of the operator is left out without it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.conf import settings
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from mailboxes.connectors.known_hosts import PERSONAL_MICROSOFT_DOMAINS
from mailboxes.models import ConnectionKind

SIGN_IN, APP, PUSH = "add_signed_in_mailbox", "add_microsoft_mailbox", "add_push_mailbox"


@dataclass(frozen=True)
class Card:
    """One place where mail may be."""

    key: str
    name: str | Promise
    icon: str
    text: str | Promise
    view: str = "add_mailbox"
    sign_in_at: str = ""  # a provider that people sign in at
    tenant: str = ""  # whose accounts may sign in at Microsoft
    preset: str = ""  # a name of connectors.known_hosts
    own_domain_preset: str = ""  # instead of it where the address is at none of the provider's domains
    protocol: str = ""
    tag: str | Promise = ""
    domains: tuple[str, ...] = ()  # addresses there are hosted here
    needs_mail_domain: bool = False

    @property
    def is_brought(self) -> bool:
        """True if no server is read."""
        return self.view == PUSH

    @property
    def is_plain(self) -> bool:
        """True if nothing but its page tells it from others."""
        return not (self.preset or self.protocol or self.tenant or self.needs_mail_domain)

    @property
    def kind(self) -> ConnectionKind:
        """What reads it, unless the form says otherwise."""
        if self.is_brought:
            return ConnectionKind.PUSH
        return ConnectionKind.GRAPH if self.view == APP else ConnectionKind(self.protocol or "imap")

    def url(self, *, slug: str, address: str, draft_id: int | None = None) -> str:
        """The page that follows, with what is known already filled in; draft_id: of what was kept of it before."""
        is_own = bool(self.own_domain_preset) and probable_card(address) is not self
        preset = self.own_domain_preset if is_own else self.preset
        known = {"card": self.key, "address": address, "draft": str(draft_id or "")}
        known |= {"provider": preset, "protocol": self.protocol, "tenant": self.tenant}
        there = {"slug": slug, "provider": self.sign_in_at} if self.sign_in_at else {"slug": slug}
        return f"{reverse(self.view, kwargs=there)}?{urlencode({k: v for k, v in known.items() if v})}"


CARDS: Sequence[Card] = (
    Card(
        "microsoft",
        "Microsoft 365",
        "grid",
        _("Sign in with Microsoft; no password is stored. Shared mailboxes work too."),
        view=SIGN_IN,
        sign_in_at="microsoft",
        tag=_("Recommended"),
        domains=("onmicrosoft.com",),
    ),
    Card(
        "microsoft-app",
        _("Microsoft 365, app registration"),
        "key",
        _(
            "For your whole organization, without anybody signing in. One app in Microsoft Entra serves many mailboxes;"
            " you need an administrator."
        ),
        view=APP,
    ),
    Card(
        "google",
        "Google Workspace",
        "letter-g",
        _("Or Gmail. Sign in with Google; no password is stored."),
        view=SIGN_IN,
        sign_in_at="google",
        domains=("gmail.com", "googlemail.com"),
    ),
    Card(
        "outlook",
        "Outlook.com",
        "mail",
        _("A personal Microsoft account: outlook.com, hotmail.com, live.com. Sign in with Microsoft."),
        view=SIGN_IN,
        sign_in_at="microsoft",
        tenant="consumers",
        domains=PERSONAL_MICROSOFT_DOMAINS,
    ),
    Card("imap", _("IMAP"), "server", _("Any standard mail server. You need the server name and a password.")),
    Card(
        "fastmail",
        "Fastmail",
        "mail",
        _("IMAP with an app password, made in Fastmail's settings."),
        preset="Fastmail",
        domains=("fastmail.com", "fastmail.fm"),
    ),
    Card(
        "yahoo",
        "Yahoo",
        "mail",
        _("IMAP with an app password, made in the account's security settings."),
        preset="Yahoo",
        domains=("yahoo.com", "ymail.com", "rocketmail.com"),
    ),
    Card(
        "zoho",
        "Zoho",
        "mail",
        _("IMAP has to be switched on in Zoho Mail; with two-step sign-in it takes an app password."),
        preset="Zoho",
        own_domain_preset="Zoho (own domain)",
        domains=("zoho.com", "zohomail.com"),
    ),
    Card(
        "icloud",
        "iCloud",
        "mail",
        _("IMAP with an app-specific password, made at account.apple.com."),
        preset="iCloud",
        domains=("icloud.com", "me.com", "mac.com"),
    ),
    Card(
        "oauth",
        _("Another provider with OAuth"),
        "key",
        _("IMAP and SMTP with tokens: you need its addresses, a client id and a secret."),
        view=SIGN_IN,
        sign_in_at="other",
    ),
    Card(
        "pop3",
        _("POP3"),
        "download",
        _("Only when IMAP isn't offered. No folders, no marks, no copy in Sent."),
        protocol="pop3",
        tag=_("Legacy"),
    ),
    Card(
        "exchange",
        _("Exchange server"),
        "server",
        _("A server of your own, over Exchange Web Services. For Microsoft 365 they end on 1 April 2027."),
        protocol="ews",
        tag=_("On premises"),
    ),
    Card(
        "forwarding",
        _("Forwarding"),
        "forward",
        _("Any provider that can forward. No password; replies leave through an outgoing server."),
        view=PUSH,
        needs_mail_domain=True,
    ),
    Card(
        "push",
        _("Program"),
        "code",
        _("A program or script of yours posts each mail to a secret web address."),
        view=PUSH,
    ),
)


def offered_cards() -> list[Card]:
    """The cards that this installation has everything for."""
    return [card for card in CARDS if settings.MAIL_DOMAIN or not card.needs_mail_domain]


def card_named(key: str) -> Card | None:
    """The card with this key."""
    return next((card for card in CARDS if card.key == key), None)


def probable_card(address: str) -> Card | None:
    """Where an address of this domain is hosted, if that is known without looking anything up."""
    domain = address.rpartition("@")[2].strip().lower()
    return next((card for card in CARDS if any(_is_in(domain, known) for known in card.domains)), None)


def _is_in(domain: str, known: str) -> bool:
    return domain == known or domain.endswith(f".{known}")
