"""Google as an OAuth provider, or any other with the same grants.

Each answer says where its shape is known from:
  WEB     developers.google.com/identity/protocols/oauth2/web-server
  EXPIRY  developers.google.com/identity/protocols/oauth2#expiration
"""

from __future__ import annotations

import base64
import secrets
import time
from dataclasses import dataclass
from urllib.parse import unquote_plus

import requests

from mailboxes.connectors.oauth.generic import Endpoints
from tests.fakes.https import Answer, HttpsServer, Request, json_answer
from tests.fakes.oauth_people import PendingCode, back, id_token, page
from tests.servers.certificates import CertificateAuthority


@dataclass
class Grant:
    """What a refresh token stands for."""

    account: str
    scopes: tuple[str, ...]


class FakeGoogle(HttpsServer):
    """One client with one secret. `rotates`: a refresh token works once, as some other providers have it."""

    def __init__(self, authority: CertificateAuthority) -> None:
        super().__init__(authority)
        self.client_id, self.client_secret = "client-1.apps.example", "g-s3cret"
        self.redirect_uris: list[str] = []
        self.browser = "ann@acme.example"
        self.unticked: set[str] = set()  # permissions the person leaves unticked
        self.rotates = False
        self.auth_method = "post"  # or basic
        self.life_s = 3599
        self.codes: dict[str, PendingCode] = {}
        self.refresh_tokens: dict[str, Grant] = {}
        self.tokens: dict[str, Grant] = {}
        self.consented: set[str] = set()

    @property
    def endpoints(self) -> Endpoints:
        """This server instead of Google's."""
        return Endpoints(self.url("/o/oauth2/v2/auth"), self.url("/token"))

    def signs_in(self, url: str, *, decision: str = "accept") -> str:
        """The person follows the address and decides; gives the address the browser is sent back to."""
        answer = requests.get(
            f"{url}&decision={decision}", verify=str(self.authority.ca_path), allow_redirects=False, timeout=20
        )
        return answer.headers["Location"]

    def revoke_all(self) -> None:
        """The person took the access back (EXPIRY)."""
        self.refresh_tokens.clear()

    def respond(self, request: Request) -> Answer:
        """Two addresses."""
        if request.path == "/o/oauth2/v2/auth":
            return self._authorize(request)
        if request.path == "/token" and request.method == "POST":
            return self._token(request)
        return Answer(status=404, content=b"<html>Not Found</html>", media_type="text/html")

    def _authorize(self, request: Request) -> Answer:
        """WEB, Step 2 and 4: errors of the request itself are shown, not redirected."""
        query = dict(request.query)
        if query.get("client_id") != self.client_id:
            return page("Error 401: invalid_client. The OAuth client was not found.", request, {})
        if query.get("redirect_uri") not in self.redirect_uris:
            return page("Error 400: redirect_uri_mismatch", request, {})
        decision = query.pop("decision", "")
        if not decision:
            choices = {"accept": f"Continue as {self.browser}", "decline": "Cancel"}
            return page("Postroom wants access to your Google Account", request, choices)
        if decision != "accept":
            return back(query["redirect_uri"], {"error": "access_denied", "state": query["state"]})
        code = "4/" + secrets.token_urlsafe(16)
        granted = tuple(scope for scope in query["scope"].split() if scope not in self.unticked)
        self.codes[code] = PendingCode(query, self.browser, granted=granted)
        return back(query["redirect_uri"], {"code": code, "state": query["state"], "scope": " ".join(granted)})

    def _token(self, request: Request) -> Answer:
        form = request.form
        if self._credentials(request) != (self.client_id, self.client_secret):
            return json_answer({"error": "invalid_client", "error_description": "Unauthorized"}, status=401)
        if form.get("grant_type") == "authorization_code":
            return self._redeemed(form)
        if form.get("grant_type") == "refresh_token":
            return self._refreshed(form)
        if form.get("grant_type") == "client_credentials":
            return json_answer(self._tokens(Grant("", tuple(form.get("scope", "").split()))))
        return json_answer({"error": "unsupported_grant_type"}, status=400)

    def _credentials(self, request: Request) -> tuple[str, str]:
        """RFC 6749 section 2.3.1, by the one method this client is registered with."""
        if self.auth_method == "post":
            return request.form.get("client_id", ""), request.form.get("client_secret", "")
        kind, _, pair = request.headers.get("authorization", "").partition(" ")
        if kind != "Basic":
            return "", ""
        client_id, _, secret = base64.b64decode(pair).decode().partition(":")
        return unquote_plus(client_id), unquote_plus(secret)

    def _redeemed(self, form: dict[str, str]) -> Answer:
        """WEB, Step 5: a refresh token comes with access_type=offline, the second time only with prompt=consent."""
        code = self.codes.get(form.get("code", ""))
        if code is None or code.is_used or not code.verifies(form.get("code_verifier", "")):
            return json_answer({"error": "invalid_grant", "error_description": "Malformed auth code."}, status=400)
        if form.get("redirect_uri") != code.query["redirect_uri"]:
            return json_answer({"error": "redirect_uri_mismatch", "error_description": "Bad Request"}, status=400)
        code.is_used = True
        grant = Grant(code.account, code.granted or ())
        answer = self._tokens(grant, nonce=code.query.get("nonce", ""))
        is_first = code.account not in self.consented
        if code.query.get("access_type") == "offline" and (is_first or "consent" in code.query.get("prompt", "")):
            answer["refresh_token"] = self._new_refresh(grant)
        self.consented.add(code.account)
        return json_answer(answer)

    def _refreshed(self, form: dict[str, str]) -> Answer:
        """WEB, Refreshing an access token: Google keeps the refresh token."""
        grant = self.refresh_tokens.get(form.get("refresh_token", ""))
        if grant is None:
            words = "Token has been expired or revoked."
            return json_answer({"error": "invalid_grant", "error_description": words}, status=400)
        answer = self._tokens(grant)
        if self.rotates:
            del self.refresh_tokens[form["refresh_token"]]
            answer["refresh_token"] = self._new_refresh(grant)
        return json_answer(answer)

    def _tokens(self, grant: Grant, *, nonce: str = "") -> dict[str, object]:
        token = "ya29." + secrets.token_urlsafe(24)
        self.tokens[token] = grant
        answer: dict[str, object] = {
            "access_token": token,
            "expires_in": self.life_s,
            "scope": " ".join(grant.scopes),
            "token_type": "Bearer",
        }
        if "openid" in grant.scopes:
            claims = {"aud": self.client_id, "sub": "1", "email": grant.account, "exp": int(time.time()) + 3600}
            answer["id_token"] = id_token({**claims, "nonce": nonce} if nonce else claims)
        return answer

    def _new_refresh(self, grant: Grant) -> str:
        token = "1//" + secrets.token_urlsafe(24)
        self.refresh_tokens[token] = grant
        return token
