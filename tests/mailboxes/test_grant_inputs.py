"""Servers and scopes of the providers that are known."""

from __future__ import annotations

import pytest

from mailboxes.models import Cloud, ConnectionKind, Provider
from mailboxes.services.oauth.grant_inputs import scopes_of, servers_of

IMAP, POP3 = ConnectionKind.IMAP, ConnectionKind.POP3


@pytest.mark.req("S2.33", "S5.17", "S2.53", "S5.27")
@pytest.mark.parametrize(
    ("provider", "kind", "incoming", "outgoing"),
    [
        (Provider.MICROSOFT, IMAP, ("outlook.office365.com", 993, "tls"), ("smtp.office365.com", 587, "starttls")),
        (Provider.MICROSOFT, POP3, ("outlook.office365.com", 995, "tls"), ("smtp.office365.com", 587, "starttls")),
        (Provider.GOOGLE, IMAP, ("imap.gmail.com", 993, "tls"), ("smtp.gmail.com", 587, "starttls")),
        (Provider.GOOGLE, POP3, ("pop.gmail.com", 995, "tls"), ("smtp.gmail.com", 587, "starttls")),
    ],
)
def test_known_providers_have_their_servers(
    provider: Provider, kind: ConnectionKind, incoming: tuple[object, ...], outgoing: tuple[object, ...]
) -> None:
    places = servers_of(provider, kind=kind, cloud=Cloud.GLOBAL)
    assert [(place.host, place.port, place.security) for place in places] == [incoming, outgoing]


@pytest.mark.req("S4.66", "S2.49", "S5.83")
@pytest.mark.parametrize(("kind", "reading"), [(IMAP, "IMAP.AccessAsUser.All"), (POP3, "POP.AccessAsUser.All")])
@pytest.mark.parametrize("cloud", list(Cloud))
def test_scopes_match_the_protocol_and_are_of_one_service(cloud: Cloud, kind: ConnectionKind, reading: str) -> None:
    scopes = scopes_of(Provider.MICROSOFT, kind=kind, cloud=cloud)
    assert [scope.rpartition("/")[2] for scope in scopes] == [reading, "SMTP.Send", "offline_access"]
    assert len({scope.split("/")[2] for scope in scopes if scope.startswith("https://")}) == 1


def test_the_scopes_of_the_global_cloud_are_spelled_as_documented() -> None:
    scopes = scopes_of(Provider.MICROSOFT, kind=IMAP, cloud=Cloud.GLOBAL)
    assert scopes[0] == "https://outlook.office.com/IMAP.AccessAsUser.All"
