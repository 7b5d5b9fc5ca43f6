"""What is known of providers by the names of their servers; nothing is looked up."""

from __future__ import annotations

import re
from typing import NamedTuple

from mailboxes.connectors.config import Security

_MICROSOFT = re.compile(
    r"(^|\.)(outlook|office365|office|hotmail|live|msn)\.(com|de|cn|us)$|(^|\.)(partner\.outlook\.cn|office365\.us)$"
)


class KnownProvider(NamedTuple):
    """A provider that takes app passwords. An empty host: it does not offer the protocol."""

    name: str
    imap: str  # TLS on 993
    pop3: str  # TLS on 995
    smtp: str
    smtp_security: Security = Security.TLS  # on 465; STARTTLS on 587


KNOWN_PROVIDERS = (
    KnownProvider("AOL", "imap.aol.com", "pop.aol.com", "smtp.aol.com"),
    KnownProvider("Fastmail", "imap.fastmail.com", "pop.fastmail.com", "smtp.fastmail.com"),
    KnownProvider("GMX", "imap.gmx.net", "pop.gmx.net", "mail.gmx.net", Security.STARTTLS),
    KnownProvider("GoDaddy", "imap.secureserver.net", "pop.secureserver.net", "smtpout.secureserver.net"),
    KnownProvider("Google", "imap.gmail.com", "pop.gmail.com", "smtp.gmail.com"),
    KnownProvider("Hostinger", "imap.hostinger.com", "pop.hostinger.com", "smtp.hostinger.com"),
    KnownProvider("iCloud", "imap.mail.me.com", "", "smtp.mail.me.com", Security.STARTTLS),
    KnownProvider("Infomaniak", "mail.infomaniak.com", "mail.infomaniak.com", "mail.infomaniak.com"),
    KnownProvider("IONOS", "imap.ionos.com", "pop.ionos.com", "smtp.ionos.com"),
    KnownProvider("IONOS (Germany)", "imap.ionos.de", "pop.ionos.de", "smtp.ionos.de"),
    KnownProvider("Namecheap", "mail.privateemail.com", "mail.privateemail.com", "mail.privateemail.com"),
    KnownProvider("one.com", "imap.one.com", "pop.one.com", "send.one.com"),
    KnownProvider("OVHcloud", "ssl0.ovh.net", "ssl0.ovh.net", "ssl0.ovh.net"),
    KnownProvider("STRATO", "imap.strato.de", "pop3.strato.de", "smtp.strato.de"),
    KnownProvider("Yahoo", "imap.mail.yahoo.com", "pop.mail.yahoo.com", "smtp.mail.yahoo.com"),
    KnownProvider("Zoho", "imap.zoho.com", "pop.zoho.com", "smtp.zoho.com"),
    KnownProvider("Zoho (own domain)", "imappro.zoho.com", "poppro.zoho.com", "smtppro.zoho.com"),
    KnownProvider("Zoho (own domain, Europe)", "imappro.zoho.eu", "poppro.zoho.eu", "smtppro.zoho.eu"),
    KnownProvider("Zoho (Europe)", "imap.zoho.eu", "pop.zoho.eu", "smtp.zoho.eu"),
)
_MICROSOFT_HOST = "outlook.office365.com"
PERSONAL_MICROSOFT_SMTP = "smtp-mail.outlook.com"  # STARTTLS on 587
PERSONAL_MICROSOFT_DOMAINS = ("outlook.com", "hotmail.com", "live.com", "msn.com")
IMAP_HOSTS = (*(provider.imap for provider in KNOWN_PROVIDERS), _MICROSOFT_HOST)
POP3_HOSTS = (*(provider.pop3 for provider in KNOWN_PROVIDERS if provider.pop3), _MICROSOFT_HOST)
_SIGNING_IN_OR_API = re.compile(
    r"(^|\.)((google|gmail|googlemail|googleapis|microsoft|microsoftonline)\.com|(microsoft|microsoftonline)\.us|"
    r"chinacloudapi\.cn)$"
)
_KNOWN_HOSTS = frozenset(host for each in KNOWN_PROVIDERS for host in (each.imap, each.pop3, each.smtp) if host)
SMTP_HOSTS = (*(provider.smtp for provider in KNOWN_PROVIDERS), "smtp.office365.com", PERSONAL_MICROSOFT_SMTP)


def is_microsoft(host: str) -> bool:
    """True for the servers of Microsoft 365 and Outlook.com, which take no passwords for reading any more."""
    return bool(_MICROSOFT.search(host.strip().lower().rstrip(".")))


def has_public_certificate(host: str) -> bool:
    """True for servers of providers whose certificates everybody's authorities vouch for: any other is an attack."""
    name = host.strip().lower().rstrip(".")
    return is_microsoft(name) or bool(_SIGNING_IN_OR_API.search(name)) or name in _KNOWN_HOSTS
