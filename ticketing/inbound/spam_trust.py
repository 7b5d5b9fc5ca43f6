"""Which headers about spam and senders a mailbox believes: its switches, and who writes what at its provider."""

from __future__ import annotations

from dataclasses import dataclass

from mailboxes.models import ConnectionKind
from ticketing.mail.authentication import Checker
from ticketing.mail.spam_headers import WRITTEN_BY, Finding, Provider, Signal, spam_findings

_GOOGLE_HOSTS = ("gmail.com", "googlemail.com", "google.com")
_MICROSOFT_HOSTS = ("outlook.office365.com", "outlook.office.com", "outlook.com", "outlook.cloud.microsoft")


@dataclass(frozen=True, slots=True)
class SpamSwitches:
    """What a mailbox takes for spam by its headers."""

    on: frozenset[Signal] = frozenset(Signal)
    provider: Provider = Provider.UNKNOWN
    is_provider_alone: bool = False  # what gateways in front of the provider wrote does not count

    @property
    def believed(self) -> frozenset[Signal]:
        """The signals that count."""
        return self.on & WRITTEN_BY[self.provider] if self.is_provider_alone else self.on


BELIEVES_ALL = SpamSwitches()


def provider_of(kind: str, *, host: str) -> Provider:
    """Whose server a mailbox is read from. kind: ConnectionKind."""
    if kind in (ConnectionKind.GRAPH, ConnectionKind.EWS):
        return Provider.MICROSOFT
    if _is_below(host, _GOOGLE_HOSTS):
        return Provider.GOOGLE
    return Provider.MICROSOFT if _is_below(host, _MICROSOFT_HOSTS) else Provider.UNKNOWN


def checker_of(kind: str, *, host: str) -> Checker:
    """Who checks the senders of a mailbox's mail. kind: ConnectionKind."""
    if kind == ConnectionKind.GRAPH or _is_below(host, _MICROSOFT_HOSTS):
        return Checker.EXCHANGE_ONLINE
    if kind == ConnectionKind.EWS:
        return Checker.EXCHANGE
    return Checker.GOOGLE if _is_below(host, _GOOGLE_HOSTS) else Checker.NOBODY


def believed_findings(headers: tuple[tuple[str, str], ...], *, switches: SpamSwitches) -> list[Finding]:
    """What the headers say that counts for the mailbox."""
    found = spam_findings(headers, provider=switches.provider)
    return [finding for finding in found if finding.signal in switches.believed]


def _is_below(host: str, domains: tuple[str, ...]) -> bool:
    plain = host.lower().rstrip(".")
    return any(plain == domain or plain.endswith(f".{domain}") for domain in domains)
