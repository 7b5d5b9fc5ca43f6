"""The known answers of Microsoft, Google, Dovecot and Exchange, each walked through to the sentences people read."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
import requests
from imapclient.exceptions import IMAPClientError

from mailboxes.connectors.config import Security
from mailboxes.connectors.errors import ConnectorError
from mailboxes.connectors.graph_errors import refusal
from mailboxes.connectors.imap_errors import sign_in_errors_translated
from mailboxes.connectors.oauth.refusals import AADSTS, refused
from mailboxes.diagnosis.explanations import Subject, sign_in_causes
from mailboxes.diagnosis.graph_explanations import mailbox_verdict, token_verdict
from mailboxes.diagnosis.results import Stage, State
from mailboxes.diagnosis.token_explanations import token_causes
from mailboxes.diagnosis.words import CAUSES, FACTS, advice, sentence
from mailboxes.health_words import cause_words
from tests.connectors.configs import imap, pop3, smtp
from tests.connectors.scripted import ScriptedImap, ScriptedPop3, ScriptedSmtp
from tests.diagnosis.runs import ADDRESS, done, failed, run
from tests.diagnosis.test_tokens import Given

pytestmark = pytest.mark.req("S4.48", "S4.49")

# error, number; what the page of a mailbox says; the first advice where somebody signs in; what the test of an app says
MICROSOFT = [
    (
        "invalid_client",
        7000215,
        "refuses the client secret",
        "its value, not its ID",
        "does not take the client secret",
    ),
    ("invalid_client", 70002, "refuses the client secret", "its value, not its ID", "does not take the client secret"),
    ("invalid_client", 7000222, "The client secret has expired", "Make a new client secret", "secret has expired"),
    (
        "unauthorized_client",
        700016,
        "does not know this client ID",
        "Check client ID",
        "knows no app with this client ID",
    ),
    ("invalid_client", 700011, "does not know this client ID", "Check client ID", "knows no app with this client ID"),
    ("unauthorized_client", 0, "does not know this client ID", "Check client ID", "knows no app with this client ID"),
    ("invalid_tenant", 90002, "does not know this tenant", "Check client ID, tenant", "knows no tenant with this ID"),
    ("invalid_request", 50059, "does not know this tenant", "Check client ID, tenant", "knows no tenant with this ID"),
    ("invalid_request", 50128, "does not know this tenant", "Check client ID, tenant", "knows no tenant with this ID"),
    ("invalid_request", 90038, "in another cloud", "Check client ID, tenant and cloud", "lives in another cloud"),
    ("invalid_request", 900382, "in another cloud", "Check client ID, tenant and cloud", "lives in another cloud"),
    ("invalid_request", 900432, "in another cloud", "Check client ID, tenant and cloud", "lives in another cloud"),
    ("invalid_grant", 65001, "Nobody has allowed", "Have an administrator allow the app", "Nobody has consented"),
    ("access_denied", 65004, "The permissions were not given", "Have an administrator allow the app", ""),
    ("access_denied", 90094, "An administrator", "Have an administrator allow the app", "Nobody has consented"),
    ("access_denied", 90095, "An administrator", "Have an administrator allow the app", "Nobody has consented"),
    ("invalid_grant", 650052, "has no Exchange Online", "has Exchange Online", "has no Exchange Online"),
    ("invalid_resource", 500011, "has no Exchange Online", "has Exchange Online", "has no Exchange Online"),
    ("invalid_scope", 70011, "does not know a permission", "scopes of one service only", ""),
    ("invalid_scope", 28002, "does not know a permission", "scopes of one service only", ""),
    ("invalid_scope", 700022, "of several services", "remove others, such as User.Read", ""),
    ("interaction_required", 50076, "Somebody has to sign in", "Sign in again", "Conditional Access"),
    ("invalid_grant", 50079, "Somebody has to sign in", "Sign in again", "Conditional Access"),
    ("invalid_grant", 50074, "Somebody has to sign in", "Sign in again", "Conditional Access"),
    ("interaction_required", 0, "Somebody has to sign in", "Sign in again", "Conditional Access"),
    *(
        ("invalid_grant", number, "blocks this sign-in", "Conditional Access policies", "Conditional Access")
        for number in (53000, 53001, 53002, 53003, 53004, 530032)
    ),
    *(
        ("invalid_grant", number, "refuses this account", "locked or disabled, or its password expired", "")
        for number in (50126, 50034, 50055, 50057, 50053)
    ),
    *(
        ("invalid_grant", number, "no longer accepts the sign-in", "Sign in again", "")
        for number in (70008, 700082, 50173, 70000, 70043)
    ),
    (
        "invalid_client",
        7000218,
        "needs a client secret",
        "Enter the client secret again",
        "does not take the client secret",
    ),
    ("invalid_client", 700025, "registered without secrets", "Check client ID", "does not take the client secret"),
    ("invalid_request", 50011, "redirect address is not registered", "Check client ID", ""),
    ("invalid_request", 50194, "for one organization only", "Check client ID, tenant", "knows no tenant with this ID"),
    (
        "invalid_request",
        9001023,
        "for one organization only",
        "Check client ID, tenant",
        "knows no tenant with this ID",
    ),
    ("invalid_grant", 50196, "for asking too often", "Try again in a few minutes", ""),
    ("bad_verification_code", 54005, "took too long", "Sign in again", ""),
]
NO_TOKEN = "Microsoft gave no token"


@pytest.mark.parametrize(("error", "number", "words", "try_first", "of_app"), MICROSOFT)
def test_an_answer_of_entra_is_told_with_what_to_do(
    error: str, number: int, words: str, try_first: str, of_app: str
) -> None:
    told = {"error": error, "error_description": f"AADSTS{number}: no. Trace ID: 0a1b2c3d-1 Correlation ID: 4e5f6a7b-2"}
    found = refused(told if number else {"error": error})
    assert words in str(cause_words(found.reason))
    causes = token_causes(found)
    assert try_first in advice(causes[0])
    fact, of_app_causes = token_verdict(found)
    assert (of_app or NO_TOKEN) in FACTS[fact]
    assert all(CAUSES[cause.code] for cause in of_app_causes)
    assert "4e5f6a7b-2" in found.detail or not number


def test_every_number_that_is_known_is_walked_through() -> None:
    assert {number for _error, number, *_ in MICROSOFT} - {0} == set(AADSTS)


@pytest.mark.parametrize(
    ("status", "code", "message", "words"),
    [
        (401, "InvalidAuthenticationToken", "expired", "Microsoft Graph did not take the token"),
        (401, "", "", "Microsoft Graph did not take the token"),
        (403, "ErrorAccessDenied", "Access to OData is disabled.", "A policy keeps the app away"),
        (403, "ErrorAccessDenied", "Access is denied.", "The app is not permitted to open mailboxes"),
        (403, "Authorization_RequestDenied", "Insufficient privileges", "The app is not permitted to open mailboxes"),
        (404, "MailboxNotEnabledForRESTAPI", "no", "has no mailbox in Exchange Online"),
        (404, "ResourceNotFound", "no", "has no mailbox in Exchange Online"),
        (404, "Request_ResourceNotFound", "no", "The tenant has no mailbox"),
        (404, "ErrorItemNotFound", "no", "Microsoft Graph is in trouble of its own"),
        (429, "ApplicationThrottled", "MailboxConcurrency", "Microsoft asks to wait"),
        (503, "serviceNotAvailable", "busy", "Microsoft Graph is in trouble of its own"),
    ],
)
def test_an_answer_of_graph_is_told(status: int, code: str, message: str, words: str) -> None:
    response = requests.Response()
    response.status_code = status
    response._content = json.dumps({"error": {"code": code, "message": message}}).encode() if code else b""
    fact, causes = mailbox_verdict(refusal(response))
    assert words in FACTS[fact]
    assert all(CAUSES[cause.code] for cause in causes)


NO = "localhost said no to ann@fernhollow.example"
TROUBLE = "localhost is in trouble of its own at the moment"


@pytest.mark.parametrize(
    ("said", "words", "try_first"),
    [
        (b"NO [AUTHENTICATIONFAILED] Authentication failed.", NO, "Check the password"),
        (b"NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)", NO, "Check the password"),
        (b"NO [ALERT] Application-specific password required: https://x (Failure)", NO, "Use an app password"),
        (b"NO [ALERT] Please log in via your web browser: https://x (Failure)", NO, "Use an app password"),
        (b"NO [WEBALERT https://accounts.google.com/x] Web login required.", NO, "Use an app password"),
        (b"NO [EXPIRED] That password isn't any longer", NO, "Set a new password for the account"),
        (b"NO LOGIN failed.", NO, "Check the password"),
        (b"NO basicauthblocked", NO, "Microsoft no longer accepts passwords here"),
        (b"NO [PRIVACYREQUIRED] Plaintext authentication disallowed", "sign in this way", "Change Security to TLS"),
        (b"NO [ALERT] Your account is not enabled for IMAP use.", "IMAP is switched off", "IMAP is switched on"),
        (b"NO [CONTACTADMIN] Login disabled for this user", "IMAP is switched off", "IMAP is switched on"),
        (b"BAD User is authenticated but not connected.", "may not open this mailbox", "full access to this mailbox"),
        (
            b"NO [ALERT] Too many simultaneous connections. (Failure)",
            "too many connections",
            "Close other mail programs",
        ),
        (b"NO [OVERQUOTA] Account exceeded command or bandwidth limits. (Failure)", "asks to wait", "Try again"),
        (b"NO [LIMIT] Slow down", "asks to wait", "Try again"),
        (b"NO Request is throttled. Suggested Backoff Time: 1000 milliseconds", "asks to wait", "Try again"),
        (b"NO [UNAVAILABLE] Temporary authentication failure.", TROUBLE, "Try again"),
        (b"NO [INUSE] locked", TROUBLE, "Try again"),
        (b"NO [SERVERBUG] Internal error occurred.", TROUBLE, "Try again"),
    ],
)
def test_an_answer_over_imap_is_told_with_what_to_try_first(said: bytes, words: str, try_first: str) -> None:
    with ScriptedImap({"LOGIN": b"TAG " + said + b"\r\n"}) as server:
        fault = failed(imap(server.port))
    assert words in sentence(fault)
    assert try_first in advice(fault.causes[0])
    assert fault.server_words == said.split(b" ", 1)[1].decode()


def test_a_server_that_disables_login_is_told_over_clear_text_and_over_tls() -> None:
    with ScriptedImap({"CAPABILITY": b"* CAPABILITY IMAP4rev1 LOGINDISABLED\r\n"}) as server:
        fault = failed(imap(server.port))
    assert sentence(fault) == "localhost does not let ann@fernhollow.example sign in this way"
    assert advice(fault.causes[0]) == "Change Security to TLS or STARTTLS"
    encrypted = replace(imap(993).login, security=Security.TLS)
    [first, *_] = sign_in_causes(Subject(encrypted, "imap", ADDRESS), _disabled())
    assert "IMAP is switched on" in advice(first)


def _disabled() -> ConnectorError:
    from mailboxes.connectors.errors import Reason

    return ConnectorError(Reason.LOGIN_DISABLED, permanent=True)


def test_a_token_for_another_service_is_told_by_what_to_remove() -> None:
    login = replace(imap(993).login, host="outlook.office365.com", security=Security.TLS, tokens=Given())
    with pytest.raises(ConnectorError) as no, sign_in_errors_translated(login):
        raise IMAPClientError("AUTHENTICATE failed.")
    first, second, *_ = sign_in_causes(Subject(login, "imap", ADDRESS), no.value)
    assert "remove others, such as User.Read" in advice(first)
    assert "full access to this mailbox" in advice(second)


@pytest.mark.parametrize(
    ("said", "words", "try_first"),
    [
        (b"-ERR [AUTH] Username and password not accepted.", NO, "Check the password"),
        (b"-ERR [AUTH] Application-specific password required: https://x", NO, "Use an app password"),
        (b"-ERR [SYS/PERM] Your account is not enabled for POP access.", "POP3 is switched off", "POP3 is switched on"),
        (b"-ERR Logon failure: unknown user name or bad password.", NO, "Check the password"),
        (b"-ERR [IN-USE] Unable to lock maildrop", "lets in one at a time", "Close other mail programs"),
        (b"-ERR [SYS/TEMP] Account exceeded command or bandwidth limits.", "asks to wait", "Try again"),
        (b"-ERR [LOGIN-DELAY] minimum time between mail checks", "asks to wait", "Try again"),
    ],
)
def test_an_answer_over_pop3_is_told_with_what_to_try_first(said: bytes, words: str, try_first: str) -> None:
    with ScriptedPop3({"PASS": said + b"\r\n"}) as server:
        fault = failed(pop3(server.port))
    assert words in sentence(fault)
    assert try_first in advice(fault.causes[0])


@pytest.mark.parametrize(
    ("user", "step", "said", "words", "try_first"),
    [
        ("ann", "AUTH", b"535 5.7.8 Error: authentication failed", "said no to ann", "Check the password"),
        (
            "ann",
            "AUTH",
            b"535-5.7.8 Username and Password not accepted.\r\n535 5.7.8  x",
            "said no",
            "Check the password",
        ),
        (
            "ann",
            "AUTH",
            b"534-5.7.9 Application-specific password required.\r\n534 5.7.9 x",
            "said no",
            "an app password",
        ),
        ("ann", "AUTH", b"535 5.7.3 Authentication unsuccessful", "said no to ann", "Check the password"),
        (
            "ann",
            "AUTH",
            b"550 5.7.30 Basic authentication is not supported for Client Submission.",
            "said no to ann",
            "Microsoft no longer accepts passwords here",
        ),
        (
            "ann",
            "AUTH",
            b"535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Mailbox.",
            "sending with a password is switched off",
            "Authenticated SMTP switched on",
        ),
        (
            "ann",
            "AUTH",
            b"535 5.7.139 Authentication unsuccessful, basic authentication is disabled.",
            "said no to ann",
            "Microsoft no longer accepts passwords here",
        ),
        (
            "ann",
            "AUTH",
            b"530 5.7.0 Must issue a STARTTLS command first",
            "encrypted connection only",
            "Change Security",
        ),
        ("", "MAIL", b"530 5.7.0 Authentication Required.", "from those who sign in", "Use the same username"),
        ("", "MAIL", b"530 5.7.57 Client not authenticated to send mail.", "who sign in", "Use the same username"),
        ("ann", "AUTH", b"454 4.7.0 Temporary authentication failure", "at the moment", "Try again"),
        ("ann", "MAIL", b"550 5.7.60 Client does not have permissions to send as this sender", "refused", "Allow SMTP"),
    ],
)
def test_an_answer_over_smtp_is_told_with_what_to_try_first(
    user: str, step: str, said: bytes, words: str, try_first: str
) -> None:
    offers = b"250-ok\r\n250 AUTH PLAIN LOGIN\r\n" if user else b"250 ok\r\n"
    answers = {"EHLO": offers, "AUTH": b"235 ok\r\n", step: said + b"\r\n"}
    with ScriptedImap() as reading, ScriptedSmtp(answers) as server:
        fault = done(run(imap(reading.port), sending=smtp(server.port, username=user)))[Stage.SEND]
    assert fault.state is State.FAIL
    assert words in sentence(fault)
    assert try_first in advice(fault.causes[0])
