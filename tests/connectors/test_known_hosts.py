"""The servers of known providers, one by one: names from their help pages and from Mozilla's directory of providers."""

from __future__ import annotations

import pytest

from mailboxes.connectors.config import Security
from mailboxes.connectors.known_hosts import KNOWN_PROVIDERS, KnownProvider, is_microsoft

EXPECTED = {
    "AOL": ("imap.aol.com", "pop.aol.com", "smtp.aol.com", "tls"),
    "Fastmail": ("imap.fastmail.com", "pop.fastmail.com", "smtp.fastmail.com", "tls"),
    "GMX": ("imap.gmx.net", "pop.gmx.net", "mail.gmx.net", "starttls"),
    "GoDaddy": ("imap.secureserver.net", "pop.secureserver.net", "smtpout.secureserver.net", "tls"),
    "Google": ("imap.gmail.com", "pop.gmail.com", "smtp.gmail.com", "tls"),
    "Hostinger": ("imap.hostinger.com", "pop.hostinger.com", "smtp.hostinger.com", "tls"),
    "iCloud": ("imap.mail.me.com", "", "smtp.mail.me.com", "starttls"),
    "Infomaniak": ("mail.infomaniak.com", "mail.infomaniak.com", "mail.infomaniak.com", "tls"),
    "IONOS": ("imap.ionos.com", "pop.ionos.com", "smtp.ionos.com", "tls"),
    "IONOS (Germany)": ("imap.ionos.de", "pop.ionos.de", "smtp.ionos.de", "tls"),
    "Namecheap": ("mail.privateemail.com", "mail.privateemail.com", "mail.privateemail.com", "tls"),
    "one.com": ("imap.one.com", "pop.one.com", "send.one.com", "tls"),
    "OVHcloud": ("ssl0.ovh.net", "ssl0.ovh.net", "ssl0.ovh.net", "tls"),
    "STRATO": ("imap.strato.de", "pop3.strato.de", "smtp.strato.de", "tls"),
    "Yahoo": ("imap.mail.yahoo.com", "pop.mail.yahoo.com", "smtp.mail.yahoo.com", "tls"),
    "Zoho": ("imap.zoho.com", "pop.zoho.com", "smtp.zoho.com", "tls"),
    "Zoho (Europe)": ("imap.zoho.eu", "pop.zoho.eu", "smtp.zoho.eu", "tls"),
    "Zoho (own domain)": ("imappro.zoho.com", "poppro.zoho.com", "smtppro.zoho.com", "tls"),
    "Zoho (own domain, Europe)": ("imappro.zoho.eu", "poppro.zoho.eu", "smtppro.zoho.eu", "tls"),
}


@pytest.mark.req("S2.33", "S4.7", "S4.30")
@pytest.mark.parametrize("provider", KNOWN_PROVIDERS, ids=lambda provider: provider.name)
def test_each_provider_has_its_servers(provider: KnownProvider) -> None:
    servers = (provider.imap, provider.pop3, provider.smtp, provider.smtp_security.value)
    assert servers == EXPECTED[provider.name]


def test_every_provider_is_among_them_once() -> None:
    assert sorted(provider.name for provider in KNOWN_PROVIDERS) == sorted(EXPECTED)
    assert {provider.smtp_security for provider in KNOWN_PROVIDERS} == {Security.TLS, Security.STARTTLS}


@pytest.mark.parametrize("provider", KNOWN_PROVIDERS, ids=lambda provider: provider.name)
def test_none_of_those_that_take_passwords_is_microsofts(provider: KnownProvider) -> None:
    assert not any(is_microsoft(host) for host in (provider.imap, provider.pop3, provider.smtp))
