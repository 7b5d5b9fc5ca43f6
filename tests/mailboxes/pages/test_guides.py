"""The guides where an admin meets them: on their own pages, beside the forms, and what each of them tells."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from django.test import Client

from mailboxes.guides.shelf import GUIDES
from tests.mailboxes.pages.entering import MAILBOXES
from tests.mailboxes.pages.words import missing, read

pytestmark = pytest.mark.django_db
SHELF = f"{MAILBOXES}guides/"
REDIRECT = "https://desk.example/oauth/callback/"


@pytest.fixture(autouse=True)
def at_desk(settings: Any) -> None:
    """The installation has an address."""
    settings.BASE_URL = "https://desk.example"


@pytest.mark.req("S4.62")
def test_mailboxes_lead_to_the_guides_and_to_the_best_practices(admin: Client) -> None:
    listed = admin.get(MAILBOXES).content.decode()
    assert f'href="{SHELF}"' in listed
    assert f'href="{SHELF}best-practices/"' in listed
    shelf = admin.get(SHELF).content.decode()
    assert [guide.key for guide in GUIDES if f'href="{SHELF}{guide.key}/"' not in shelf] == []


@pytest.mark.req("S4.62")
def test_the_best_practices_name_what_keeps_a_mailbox_healthy(admin: Client) -> None:
    page = read(admin, f"{SHELF}best-practices/")
    assert not missing(
        page,
        "An address of its own",
        "Sign in, rather than a password",
        "IMAP, rather than POP3",
        "As few rights as suffice",
        "Test before you save",
        "Choose the start date with care",
        "keep it a day or two at least",
        "One primary mailbox",
        "Do not forward one mailbox here to another",
        "warned 30, 7 and 1 days before",
        "the inbound log says what became of it",
    )


@pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.key)
def test_each_guide_is_a_page_with_numbered_steps_and_a_text_to_send(admin: Client, guide: Any) -> None:
    page = admin.get(f"{SHELF}{guide.key}/").content.decode()
    steps = page.partition('<ol class="guide guide--steps">')[2].partition("</ol>")[0]
    assert re.findall(rf'<li id="{guide.key}-([a-z-]+)"', steps) == [step.anchor for step in guide.steps]
    as_text = html.unescape(page.partition('<textarea id="guide-as-text"')[2].partition("</textarea>")[0])
    assert f"# {guide.title}" in as_text
    assert f"{len(guide.steps)}. " in as_text
    assert 'data-copy="guide-as-text"' in page
    assert "data-print" in page
    assert "<your Postroom>" not in html.unescape(page)


def test_a_guide_that_is_not_there_is_not_found(admin: Client) -> None:
    assert admin.get(f"{SHELF}telepathy/").status_code == 404


@pytest.mark.req("S2.38", "S4.68")
@pytest.mark.parametrize("key", ["entra-sign-in", "personal-microsoft", "google", "other-oauth"])
def test_the_redirect_address_of_this_installation_is_there_to_copy(admin: Client, key: str) -> None:
    page = admin.get(f"{SHELF}{key}/").content.decode()
    assert f'data-copy-text="{REDIRECT}"' in page
    assert not missing(read(admin, f"{SHELF}{key}/"), "registered exactly so, to the last slash")


@pytest.mark.parametrize(
    ("address", "keys"),
    [
        ("new/microsoft-app/", ["entra-app", "exchange-online"]),
        ("new/microsoft/", ["entra-sign-in"]),
        ("new/microsoft/?tenant=consumers", ["personal-microsoft"]),
        ("new/google/", ["google"]),
        ("new/other/", ["other-oauth"]),
        ("push/new/", ["forwarding"]),
        ("new/", ["gmail-app-password", "fastmail", "yahoo", "zoho", "icloud", "imap", "pop3", "exchange-server"]),
    ],
)
def test_each_form_has_the_guides_of_its_kind_beside_it(admin: Client, address: str, keys: list[str]) -> None:
    page = admin.get(MAILBOXES + address).content.decode()
    beside = page.partition('<aside class="beside')[2].partition("</aside>")[0]
    assert re.findall(r"beside__guide--([a-z0-9-]+)", beside) == keys
    assert [key for key in keys if f'href="{SHELF}{key}/"' not in beside] == []


@pytest.mark.req("S1.26", "S1.27", "S1.28", "S1.29", "S1.30", "S1.31", "S1.36", "S1.37", "S2.47")
@pytest.mark.parametrize("address", ["guides/entra-app/", "new/microsoft-app/"])
def test_the_guide_for_an_app_registration_has_its_facts(admin: Client, address: str) -> None:
    page = read(admin, MAILBOXES + address)
    assert not missing(
        page,
        "App registrations, and choose New registration",
        "An app that exists already will do, such as the one for signing in to Postroom",
        "Microsoft Graph, then Application permissions. Not Delegated permissions: nobody is signed in",
        *("Mail.ReadWrite", "Mail.Send", "Mail.Read ", "Mail.ReadBasic ", "Mail.ReadBasic.All"),
        "MailboxFolder.ReadWrite.All",
        "These two suffice; the other four are optional",
        "Only real time asks for Mail.Read as well",
        "Grant admin consent",
        "Every permission must show green",
        "at most 24 months",
        "Copy its Value at once: it is shown only then",
        "The Secret ID beside the value is something else",
        "takes 30 minutes and more",
        "no password of a mailbox is stored",
        "Conditional Access",
        "the start date, asked for when the mailbox is connected, matters most with this way",
    )


@pytest.mark.req("S1.27")
def test_the_guide_says_how_the_app_is_confined_to_chosen_mailboxes(admin: Client) -> None:
    page = read(admin, f"{SHELF}entra-app/")
    assert not missing(
        page,
        "RBAC for Applications",
        "New-ServicePrincipal -AppId <client ID> -ObjectId <object ID>",
        "New-ManagementScope -Name Postroom",
        '-Role "Application Mail.ReadWrite" -CustomResourceScope Postroom',
        '-Role "Application Mail.Send" -CustomResourceScope Postroom',
        '-Role "Application Mail.Read" -CustomResourceScope Postroom',
        "Test-ServicePrincipalAuthorization",
        "remove Mail.ReadWrite and Mail.Send from the app's permissions in Entra again",
        "two hours",
    )


@pytest.mark.req("S3.14", "S2.46", "S2.47", "S2.48", "S2.49", "S2.50", "S2.51", "S2.52", "S2.54", "S5.26", "S5.83")
@pytest.mark.parametrize("address", ["guides/entra-sign-in/", "new/microsoft/"])
def test_the_guide_for_signing_in_at_microsoft_has_its_facts(admin: Client, address: str) -> None:
    page = read(admin, MAILBOXES + address)
    assert not missing(
        page,
        "any organization (and personal accounts)",
        "Microsoft Graph, Delegated permissions",
        "Mail.ReadWrite Read and write the mail of whoever signs in",
        "Mail.Send.Shared Send as another user",
        "IMAP.AccessAsUser.All The mailbox via IMAP",
        "POP.AccessAsUser.All The mailbox via POP3",
        "SMTP.Send Send answers by SMTP AUTH",
        "offline_access Lasting access: without it there is no refresh token",
        "profile The name of who signed in",
        "Application (client) ID and Directory (tenant) ID",
        "Endpoints shows the addresses for authorization and for tokens",
        "when it ends, at most 24 months",
        "Copy the Value at once",
        "the mailbox needs a licence",
        "POP (Other email apps) and Authenticated SMTP must be allowed",
        "takes 30 minutes and more",
        "Set-CASMailbox -Identity support@example.com -ImapEnabled $true -PopEnabled $true",
        "Read and manage (full access) and Send as",
        "security information; that can be put off",
        "such as User.Read beside those of IMAP is refused",
        "EWS.AccessAsUser.All instead, a delegated permission of Office 365 Exchange Online",
    )


@pytest.mark.req("S2.48", "S4.33")
def test_the_guide_for_personal_accounts_says_what_is_off_at_first(admin: Client) -> None:
    page = read(admin, f"{MAILBOXES}new/microsoft/?tenant=consumers")
    assert not missing(
        page,
        "Microsoft takes no password from other programs any more",
        "Over Microsoft Graph nothing has to be switched on",
        "Let devices and apps use IMAP",
        "Accounts in any organizational directory and personal Microsoft accounts",
        "As tenant enter consumers",
    )


@pytest.mark.req("S2.28", "S2.29", "S2.30", "S2.31", "S2.32", "S2.40", "S2.41", "S5.16", "S5.22")
@pytest.mark.parametrize("address", ["guides/google/", "new/google/"])
def test_the_guide_for_signing_in_at_google_has_its_facts(admin: Client, address: str) -> None:
    page = read(admin, MAILBOXES + address)
    assert not missing(
        page,
        "console.cloud.google.com, and choose or create a project",
        "user type Internal for a Google Workspace of your own, else External",
        "the mailbox's address as developer contact",
        "square, 120 by 120, JPG, PNG or BMP, up to 1 MB",
        "add this one by hand",
        "https://mail.google.com/",
        "add the mailbox as a test user",
        "Google ends each sign-in after 7 days",
        "type Web application",
        "client ID and client secret",
        "switch on IMAP",
        "choose the account of the mailbox",
        "hasn't verified this app",
        "Tick the permission for mail, and Allow",
    )


@pytest.mark.req("S5.42")
def test_the_guide_for_gmail_without_oauth_wants_two_steps_and_an_app_password(admin: Client) -> None:
    page = read(admin, f"{SHELF}gmail-app-password/")
    assert not missing(page, "2-Step Verification", "app password", "spaces between them do not matter")


@pytest.mark.req("S4.11", "S4.70", "S5.33", "S5.34", "S5.35", "S5.36", "S5.37", "S5.38", "S5.39", "S5.40", "S5.41")
@pytest.mark.parametrize("address", ["guides/exchange-online/", "new/microsoft-app/?protocol=ews"])
def test_the_guide_for_exchange_online_over_web_services_has_its_facts(admin: Client, address: str) -> None:
    page = read(admin, MAILBOXES + address)
    assert not missing(
        page,
        "The second choice for Microsoft 365",
        "It is less secure: its one permission opens all of every mailbox",
        "from 1 October 2026 for organizations without an allow list, for all on 1 April 2027",
        "Accounts in this organizational directory only (single tenant), and leave the redirect address as it is",
        "at most 24 months",
        "Copy its Value at once",
        '"resourceAppId": "00000002-0000-0ff1-ce00-000000000000"',
        '"id": "dc890d15-9560-4a4c-9b7f-a736ec74ec40"',
        "The wrong place is the common mistake",
        "full_access_as_app must be listed now, as an application permission",
        "Grant admin consent; it must show green",
        "With the wrong type Exchange refuses the app",
        'Set-OrganizationConfig -EwsAllowedAppIDs "<client ID>"',
        "Have it confined to this one mailbox",
        '-Role "Application EWS.AccessAsApp" -CustomResourceScope Postroom',
        "there is no password, and nothing to clear if a browser filled one in",
        "EWS:outlook.office365.com/ews/Exchange.asmx",
        "TLS (SSL) on port 443",
        "enter their addresses as well, parted by semicolons",
        "Other programs only read mail this way. Postroom sends through it, too",
    )


@pytest.mark.req("S4.9", "S5.12")
@pytest.mark.parametrize("address", ["guides/exchange-server/", "new/?protocol=ews"])
def test_the_guide_for_exchange_on_premises_has_its_facts(admin: Client, address: str) -> None:
    page = read(admin, MAILBOXES + address)
    assert not missing(
        page,
        "Exchange 2010 SP2 and later",
        "HTTPS on port 443; no mail port is needed",
        r"DOMAIN\user or user@domain",
        r"DOMAIN\user\alias",
        "The switch-off of Microsoft 365 does not concern them",
        "start date matters most",
        "role ApplicationImpersonation",
        "Answers are sent through Exchange",
    )


@pytest.mark.req("S4.7", "S4.8", "S4.6", "S4.12", "S5.12")
def test_the_guides_for_any_server_have_ports_prerequisites_and_providers(admin: Client) -> None:
    page = read(admin, f"{MAILBOXES}new/")
    assert not missing(
        page,
        "such as Gmail, Zoho, Yahoo, Fastmail or one of your own",
        "IMAP is switched on for it in the settings of the mail provider",
        "IMAP 993 143 POP3 995 110 SMTP 465 587",
        "owner@example.com/shared@example.com",
        "POP3 is switched on for the address",
        "The server tells messages apart by unique ids (UIDL)",
    )


@pytest.mark.parametrize(
    ("key", "facts"),
    [
        ("fastmail", ["New app password", "imap.fastmail.com", "smtp.fastmail.com", "Basic plans have no IMAP"]),
        ("yahoo", ["Create app password", "imap.mail.yahoo.com", "smtp.mail.yahoo.com"]),
        ("zoho", ["IMAP access", "App passwords", "imap.zoho.com", "imappro.zoho.com", "smtppro.zoho.com"]),
        ("icloud", ["App-Specific Passwords", "imap.mail.me.com", "STARTTLS, port 587", "There is no POP3"]),
    ],
)
def test_the_guides_for_app_passwords_name_place_and_servers(admin: Client, key: str, facts: list[str]) -> None:
    assert not missing(read(admin, f"{SHELF}{key}/"), *facts)


@pytest.mark.req("S4.3", "S4.33", "S2.34", "S2.35", "S2.36", "S2.42")
@pytest.mark.parametrize("address", ["guides/other-oauth/", "new/other/"])
def test_the_guide_for_other_providers_lists_every_parameter_and_what_updates_do(admin: Client, address: str) -> None:
    page = read(admin, MAILBOXES + address)
    assert not missing(
        page,
        "Application (client) ID the name of the app",
        "Client secret its password",
        "Directory (tenant) ID at Microsoft alone",
        "Authorization address where people sign in (auth URL)",
        "Token address where codes become tokens (token URL)",
        "Scopes what is asked for, separated by spaces",
        "Redirect address where the provider sends people back to",
        "the grant is always an authorization code, and no code is copied by hand",
        "Updates of Postroom keep everything entered here, and nobody has to enter it anew",
        "older programs kept fewer of them. What is missing is asked for by name",
    )


def test_the_guide_for_forwarding_has_the_ways_of_the_providers(admin: Client) -> None:
    page = read(admin, f"{MAILBOXES}push/new/")
    assert not missing(page, "Add a forwarding address", "outbound spam policy", "Add forwarder", "SPF of the sender")


@pytest.mark.req("S2.19", "S2.7", "S2.12", "S4.19")
@pytest.mark.parametrize("address", ["connect/", "guides/"])
def test_before_connecting_an_admin_is_told_of_passwords_and_prerequisites(admin: Client, address: str) -> None:
    page = read(admin, MAILBOXES + address)
    assert not missing(
        page,
        "Google and Microsoft ended basic authentication",
        "Microsoft from 1 October 2022",
        "Use OAuth: sign in with Microsoft or Google",
        "The address exists at your provider already, and serves nothing else",
        "the address of Postroom is reachable",
        "over the internet",
        "is switched on for the account",
        "user consent is allowed for the user or group that signs in, or an administrator consents for all",
    )


@pytest.mark.req("S4.4", "S4.5", "S4.7", "S4.13", "S4.14", "S2.23", "S2.24")
@pytest.mark.parametrize("address", ["connect/", "guides/", "new/"])
def test_the_ways_to_connect_are_compared(admin: Client, address: str) -> None:
    page = admin.get(MAILBOXES + address).content.decode()
    table = html.unescape(page.partition('aria-label="The protocols compared"')[2].partition("</table>")[0])
    assert re.findall(r'<th scope="col">([^<]+)<', table) == [
        *("Protocol", "Providers", "Mail stays on the server", "Several programs at once"),
        *("Password or OAuth", "Sending", "Real time", "Use it"),
    ]
    assert re.findall(r'<th scope="row">([^<]+)<', table) == [
        "Microsoft Graph",
        "IMAP, IMAPS",
        "POP3, POP3S",
        "Exchange Web Services (EWS, also called MAPI)",
        "Forwarding",
    ]
    assert not missing(
        table,
        "Gmail, Zoho, Yahoo, Fastmail and nearly all others",
        "Password, or OAuth at Google, Microsoft (an app in Entra, formerly Azure) and others",
        "Usually; some servers remove what was read",
        "Password, by NTLM or Basic; OAuth by an app registration or signing in",
        "Yes, where Microsoft reaches Postroom",
        "Only where there is no IMAP",
    )
    assert "The S in IMAPS and POP3S stands for secured" in page


@pytest.mark.req("S1.36")
def test_the_guides_say_why_the_start_date_matters_most_for_time_windows(admin: Client) -> None:
    page = read(admin, SHELF)
    assert not missing(
        page,
        "With Microsoft Graph and Exchange Web Services the start date matters most",
        "what was there before is told apart by its date alone",
    )
