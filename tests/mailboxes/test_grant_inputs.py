"""Servers and scopes of the providers that are known."""

from __future__ import annotations

import pytest

from mailboxes.models import Cloud, ConnectionKind, Provider
from mailboxes.services.oauth.grant_inputs import AppInput, is_personal_account, scopes_of, servers_of

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


@pytest.mark.req("S5.27")
@pytest.mark.parametrize("kind", [IMAP, POP3])
def test_a_personal_account_sends_by_the_server_of_its_own(kind: ConnectionKind) -> None:
    incoming, outgoing = servers_of(Provider.MICROSOFT, kind=kind, cloud=Cloud.GLOBAL, is_personal=True)
    assert incoming.host == "outlook.office365.com"
    assert (outgoing.host, outgoing.port, outgoing.security) == ("smtp-mail.outlook.com", 587, "starttls")


@pytest.mark.parametrize(
    ("tenant", "account", "cloud", "expected"),
    [
        ("consumers", "shop@fernhollow.example", Cloud.GLOBAL, True),
        ("9188040d-6c67-4c5b-b112-36a304b66dad", "shop@fernhollow.example", Cloud.GLOBAL, True),
        ("", "Shop@Hotmail.com", Cloud.GLOBAL, True),
        ("", "shop@fernhollow.example", Cloud.GLOBAL, False),
        ("fernhollow.example", "guest@outlook.com", Cloud.GLOBAL, False),
        ("", "shop@outlook.com", Cloud.CHINA, False),
    ],
)
def test_a_personal_account_is_known_by_tenant_or_domain(
    tenant: str, account: str, cloud: Cloud, expected: object
) -> None:
    assert is_personal_account(AppInput(tenant=tenant, cloud=cloud), account=account) is expected


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
