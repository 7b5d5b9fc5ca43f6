"""The first step of connecting a mailbox: where each card leads, with what is known filled in."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from mailboxes.providers import CARDS, offered_cards, probable_card

pytestmark = pytest.mark.django_db
STEP = "/o/fernhollow/mailboxes/connect/"


@pytest.fixture
def admin(signed_in: Any, people: Any) -> Any:
    return signed_in(people.admin)


@pytest.mark.req("S2.7", "S2.12")
def test_the_page_shows_every_card_and_warns_of_other_uses_of_the_address(admin: Any, settings: Any) -> None:
    settings.MAIL_DOMAIN = "in.example.test"
    page = admin.get(STEP).content.decode()
    assert page.count('name="provider"') == len(CARDS)
    assert "Use an address that&#x27;s only for customer mail" in page or "only for customer mail" in page
    assert "It must exist at your provider already." in page


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.key)
def test_each_card_leads_to_a_page_with_the_address_filled_in(admin: Any, card: Any, settings: Any) -> None:
    settings.MAIL_DOMAIN = "in.example.test"
    response = admin.post(STEP, {"address": "help@acme.test", "provider": card.key})
    assert response.status_code == 302
    assert parse_qs(urlsplit(response["Location"]).query)["address"] == ["help@acme.test"]
    assert 'value="help@acme.test"' in admin.get(response["Location"]).content.decode()


def test_without_a_mail_domain_nobody_is_offered_forwarding(admin: Any, settings: Any) -> None:
    settings.MAIL_DOMAIN = ""
    page = admin.get(STEP).content.decode()
    assert page.count('name="provider"') == len(CARDS) - 1 == len(offered_cards())
    assert 'value="forwarding"' not in page
    assert admin.post(STEP, {"address": "a@b.test", "provider": "forwarding"}).status_code == 422


def test_a_known_provider_fills_in_its_servers(admin: Any) -> None:
    response = admin.post(STEP, {"address": "ann@fastmail.com", "provider": "fastmail"}, follow=True)
    page = response.content.decode()
    for value in ("imap.fastmail.com", "smtp.fastmail.com", "993", "465", "Ann"):
        assert f'value="{value}"' in page


@pytest.mark.req("S4.7")
@pytest.mark.parametrize(
    ("address", "provider", "imap", "smtp", "smtp_port"),
    [
        ("ann@fastmail.com", "fastmail", "imap.fastmail.com", "smtp.fastmail.com", "465"),
        ("ann@yahoo.com", "yahoo", "imap.mail.yahoo.com", "smtp.mail.yahoo.com", "465"),
        ("ann@zohomail.com", "zoho", "imap.zoho.com", "smtp.zoho.com", "465"),
        ("help@acme.test", "zoho", "imappro.zoho.com", "smtppro.zoho.com", "465"),
        ("ann@icloud.com", "icloud", "imap.mail.me.com", "smtp.mail.me.com", "587"),
    ],
)
def test_the_card_of_a_provider_fills_in_servers_and_ports(
    admin: Any, address: str, provider: str, imap: str, smtp: str, smtp_port: str
) -> None:
    page = admin.post(STEP, {"address": address, "provider": provider}, follow=True).content.decode()
    values = dict(re.findall(r'name="(host|port|smtp_host|smtp_port)" value="([^"]*)"', page))
    assert values == {"host": imap, "port": "993", "smtp_host": smtp, "smtp_port": smtp_port}


def test_no_card_stands_there_twice() -> None:
    assert len({card.key for card in CARDS}) == len(CARDS)
    pages = {re.sub("card=[^&]*&", "", card.url(slug="x", address="help@acme.test")) for card in CARDS}
    assert len(pages) == len(CARDS) - 1  # both bring mail


def test_pop3_comes_with_its_port(admin: Any) -> None:
    page = admin.post(STEP, {"address": "a@x.test", "provider": "pop3"}, follow=True).content.decode()
    assert '<option value="pop3" selected>' in page
    assert 'value="995"' in page


def test_an_exchange_server_comes_with_its_port(admin: Any) -> None:
    page = admin.post(STEP, {"address": "a@x.test", "provider": "exchange"}, follow=True).content.decode()
    assert '<option value="ews" selected>' in page
    assert 'value="443"' in page


def test_without_a_choice_the_address_tells(admin: Any) -> None:
    response = admin.post(STEP, {"address": "ann@ICLOUD.com"})
    assert "provider=iCloud" in response["Location"]
    assert probable_card("ann@acme.test") is None
    known = {"a@gmail.com": "google", "a@acme.onmicrosoft.com": "microsoft", "a@hotmail.com": "outlook"}
    assert {address: probable_card(address).key for address in known} == known


@pytest.mark.req("S4.16", "S4.18", "S2.48")
def test_a_personal_microsoft_account_signs_in_among_its_own_kind_and_shows_no_server(admin: Any) -> None:
    response = admin.post(STEP, {"address": "ann@outlook.com"}, follow=True)
    page = response.content.decode()
    assert 'value="consumers"' in page
    assert 'name="host"' not in page
    assert 'name="smtp_port"' not in page


@pytest.mark.parametrize("sent", [{"address": ""}, {"address": "no address"}, {"address": "a@b.test", "provider": "x"}])
def test_what_cannot_be_is_said_in_place(admin: Any, sent: dict[str, str]) -> None:
    assert admin.post(STEP, sent).status_code == 422
