"""What a mistyped server name was probably meant to be; nothing is looked up."""

from __future__ import annotations

from difflib import get_close_matches

from mailboxes.connectors.known_hosts import IMAP_HOSTS, POP3_HOSTS, SMTP_HOSTS

_KNOWN_HOSTS = (*IMAP_HOSTS, *POP3_HOSTS, *SMTP_HOSTS, "imap-mail.outlook.com")
_ENDINGS = ("com", "net", "org", "example", "info", "de", "eu", "co.uk", "fr", "nl", "it", "es", "pl", "ch", "at", "io")


def probable_host(host: str, *, address: str) -> str:
    """A name that differs by a typing mistake from `host`, or an empty string.

    address: the mailbox's, whose domain is a good guess for the server's.
    """
    host = host.lower().rstrip(".")
    domain = address.rpartition("@")[2].lower()
    candidates = [*_KNOWN_HOSTS, *_with_domain(host, domain), *_with_ending(host)]
    close = get_close_matches(host, [name for name in candidates if name != host], n=1, cutoff=0.9)
    return close[0] if close else ""


def _with_domain(host: str, domain: str) -> list[str]:
    labels = host.split(".")
    return [f"{labels[0]}.{domain}"] if domain and len(labels) > 1 else []


def _with_ending(host: str) -> list[str]:
    stem, _, ending = host.rpartition(".")
    if not stem or ending in _ENDINGS:
        return []
    return [f"{stem}.{known}" for known in get_close_matches(ending, _ENDINGS, n=1, cutoff=0.6)]
