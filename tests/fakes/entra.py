"""Microsoft Entra ID as an OAuth provider: tenants, apps, people, consent, policies. msal really talks to it.

Each answer says where its shape is known from:
  CODE    learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow
  APP     …/v2-oauth2-client-creds-grant-flow
  DEVICE  …/v2-oauth2-device-code
  ERRORS  …/reference-error-codes
  REFRESH …/refresh-tokens
  ADMIN   …/v2-admin-consent
"""

from __future__ import annotations

import secrets
import time
import uuid
from typing import Any

import requests

from mailboxes.connectors.oauth.clouds import CloudHosts
from tests.fakes.entra_records import ERRORS, App, Device, IssuedToken, Refresh
from tests.fakes.https import Answer, HttpsServer, Request, json_answer
from tests.fakes.oauth_people import PendingCode, back, id_token, page
from tests.servers.certificates import CertificateAuthority

SIGN_IN_SCOPES = frozenset({"openid", "profile", "email", "offline_access"})


class FakeEntra(HttpsServer):
    """A running Entra. Tenants are known by their domain; `browser` is who would sign in next."""

    def __init__(self, authority: CertificateAuthority) -> None:
        super().__init__(authority)
        self.tenants: dict[str, str] = {}  # directory id by domain
        self.apps: dict[str, App] = {}
        self.tokens: dict[str, IssuedToken] = {}
        self.refresh_tokens: dict[str, Refresh] = {}
        self.codes: dict[str, PendingCode] = {}
        self.devices: dict[str, Device] = {}
        self.blocked: int = 0  # an AADSTS number that every request for a person's token gets
        self.browser = "ann@acme.example"
        self.life_s = 3600
        self.graph_host = ""  # whose permissions are answered without their resource
        self.is_unwell = False

    @property
    def cloud(self) -> CloudHosts:
        """For CLOUDS: this server instead of Microsoft's."""
        return CloudHosts(
            login=self.host,
            graph=self.host,
            exchange=self.host,
            exchange_resource=f"https://{self.host}",
        )

    # What an administrator does.

    def add_tenant(self, domain: str = "acme.example") -> str:
        """The directory exists; gives its id."""
        return self.tenants.setdefault(domain, str(uuid.uuid5(uuid.NAMESPACE_DNS, domain)))

    def add_app(
        self, client_id: str = "app-1", *, domain: str = "acme.example", secret: str = "s3cret", **more: Any
    ) -> App:
        """The app is registered, with this secret's value."""
        app = App(client_id, self.add_tenant(domain), secrets={secret: "ok"} if secret else {}, **more)
        self.apps[client_id] = app
        return app

    def revoke_all(self, *, number: int = 50173) -> None:
        """Refresh tokens are refused from now on, as after "Revoke sessions"."""
        for refresh in self.refresh_tokens.values():
            refresh.refusal = number

    # What a person does.

    def signs_in(self, url: str, *, decision: str = "accept") -> str:
        """The person follows the address and decides; gives the address the browser is sent back to."""
        answer = requests.get(
            f"{url}&decision={decision}", verify=str(self.authority.ca_path), allow_redirects=False, timeout=20
        )
        return answer.headers["Location"]

    def types_code(self, user_code: str, *, account: str = "", error: str = "", number: int = 0) -> None:
        """The person typed in the code elsewhere and signed in, or not."""
        device = next(device for device in self.devices.values() if device.user_code == user_code)
        device.account, device.error, device.number = account or self.browser, error, number

    # The server.

    def respond(self, request: Request) -> Answer:
        """Routes of the v2.0 endpoint."""
        tenant, _, place = request.path.strip("/").partition("/")
        known = self._tenant_id(tenant)
        if known is None:
            return self.refusal(90002)
        if place == "v2.0/.well-known/openid-configuration":
            return self._configuration(tenant)
        if place == "oauth2/v2.0/authorize":
            return self._authorize(request, known)
        if place == "v2.0/adminconsent":
            return self._admin_consent(request, known)
        if place == "oauth2/v2.0/devicecode":
            return self._device_code(request, known)
        if place == "oauth2/v2.0/token" and request.method == "POST":
            return self._token(request, known)
        return json_answer({"error": "not_found"}, status=404)

    def refusal(self, number: int, *, suberror: str = "") -> Answer:
        """ERRORS: every refusal carries number, trace id and correlation id."""
        status, error, words = ERRORS[number]
        trace, correlation, moment = uuid.uuid4(), uuid.uuid4(), "2026-11-26 08:00:00Z"
        description = (
            f"AADSTS{number}: {words}\r\nTrace ID: {trace}\r\nCorrelation ID: {correlation}\r\nTimestamp: {moment}"
        )
        body = {
            "error": error,
            "error_description": description,
            "error_codes": [number],
            "timestamp": moment,
            "trace_id": str(trace),
            "correlation_id": str(correlation),
            "error_uri": f"{self.url()}/error?code={number}",
        }
        return json_answer({**body, "suberror": suberror} if suberror else body, status=status)

    def _tenant_id(self, tenant: str) -> str | None:
        if tenant in ("organizations", "common", "consumers"):
            return tenant
        return self.tenants.get(tenant) or (tenant if tenant in self.tenants.values() else None)

    def _configuration(self, tenant: str) -> Answer:
        """OpenID Connect Discovery 1.0 section 3."""
        base = self.url(f"/{tenant}")
        return json_answer(
            {
                "issuer": f"{base}/v2.0",
                "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
                "token_endpoint": f"{base}/oauth2/v2.0/token",
                "device_authorization_endpoint": f"{base}/oauth2/v2.0/devicecode",
                "jwks_uri": f"{base}/discovery/v2.0/keys",
            }
        )

    def _authorize(self, request: Request, tenant: str) -> Answer:
        """CODE, Request an authorization code. A redirect address that is not registered is never gone to."""
        query = dict(request.query)
        app = self.apps.get(query.get("client_id", ""))
        if app is None:
            return page("AADSTS700016: Application was not found in the directory", request, {})
        redirect_uri = query.get("redirect_uri", "")
        if redirect_uri not in app.redirect_uris:
            return page("AADSTS50011: The redirect URI does not match", request, {})
        decision = query.pop("decision", "")
        if not decision and app.needs_admin:
            return page("Need admin approval", request, {"leave": "Return to the application without granting consent"})
        if not decision:
            return page("Permissions requested", request, {"accept": f"Accept as {self.browser}", "decline": "Cancel"})
        if app.needs_admin or decision != "accept":
            number = 90094 if decision == "accept" else 65004
            words = f"AADSTS{number}: {ERRORS[number][2]}\r\nTrace ID: {uuid.uuid4()}"
            return back(redirect_uri, {"error": "access_denied", "error_description": words, "state": query["state"]})
        code = secrets.token_urlsafe(16)
        granted = tuple(scope for scope in query["scope"].split() if scope not in app.withheld)
        self.codes[code] = PendingCode(query, self.browser, self._home(tenant), granted)
        return back(redirect_uri, {"code": code, "state": query["state"], "session_state": str(uuid.uuid4())})

    def _admin_consent(self, request: Request, tenant: str) -> Answer:
        """ADMIN: what comes back names the tenant, which anybody can forge."""
        if tenant in ("organizations", "common"):
            return page("AADSTS90130: not supported over the /common endpoint", request, {})
        self.apps[request.query["client_id"]].needs_admin = False
        state = request.query.get("state", "")
        return back(request.query["redirect_uri"], {"admin_consent": "True", "tenant": tenant, "state": state})

    def _device_code(self, request: Request, tenant: str) -> Answer:
        """DEVICE, Device authorization request."""
        form = request.form
        app = self.apps.get(form["client_id"])
        if app is None:
            return self.refusal(700016)
        code, shown = secrets.token_urlsafe(24), secrets.token_hex(4).upper()
        self.devices[code] = Device(app.client_id, tuple(form["scope"].split()), tenant, shown)
        return json_answer(
            {
                "user_code": shown,
                "device_code": code,
                "verification_uri": "https://microsoft.com/devicelogin",
                "expires_in": 900,
                "interval": 5,
                "message": "To sign in, use a web browser to open the page and enter the code.",
            }
        )

    def _token(self, request: Request, tenant: str) -> Answer:
        form = request.form
        app = self.apps.get(form.get("client_id", ""))
        if app is None or not self._serves(app, tenant):
            return self.refusal(700016 if app is None or tenant not in ("organizations", "common") else 50194)
        grant = form.get("grant_type", "")
        if grant == "urn:ietf:params:oauth:grant-type:device_code":
            return self._device_token(form, app)
        number = self._secret_trouble(app, form)
        if number:
            return self.refusal(number)
        answers = {
            "client_credentials": self._app_token,
            "authorization_code": self._code_token,
            "refresh_token": self._refreshed,
        }
        return answers[grant](form, app, tenant)

    @staticmethod
    def _serves(app: App, tenant: str) -> bool:
        return app.is_multi_tenant or tenant == app.tenant

    @staticmethod
    def _secret_trouble(app: App, form: dict[str, str]) -> int:
        """ERRORS: which number a wrong, an expired, a missing or a needless secret gets."""
        secret = form.get("client_secret", "")
        if not app.secrets:
            return 700025 if secret else 0
        if not secret:
            return 7000218 if not app.allows_public or form.get("grant_type") != "refresh_token" else 0
        return {"ok": 0, "expired": 7000222}.get(app.secrets.get(secret, ""), 7000215)

    def _app_token(self, form: dict[str, str], app: App, tenant: str) -> Answer:
        """APP: only `/.default`, no refresh token, no scope in the answer."""
        scope = form.get("scope", "")
        if not scope.endswith("/.default"):
            return self.refusal(70011)
        token = self._issue(tenant, app, "", (scope,))
        return json_answer(
            {"token_type": "Bearer", "expires_in": self.life_s, "ext_expires_in": self.life_s, "access_token": token}
        )

    def _code_token(self, form: dict[str, str], app: App, tenant: str) -> Answer:
        """CODE, Redeem a code for an access token."""
        code = self.codes.get(form.get("code", ""))
        if code is None or code.query["client_id"] != app.client_id:
            return self.refusal(70008)
        if code.is_used:
            return self.refusal(54005)
        if form.get("redirect_uri") != code.query["redirect_uri"]:
            return self.refusal(50011)
        if not code.verifies(form.get("code_verifier", "")):
            return self.refusal(501481)
        code.is_used = True
        if self.blocked:
            return self.refusal(self.blocked)
        return self._person_token(app, code.account, code.tenant, code.granted or (), nonce=code.query.get("nonce"))

    def _refreshed(self, form: dict[str, str], app: App, tenant: str) -> Answer:
        """REFRESH: a new refresh token comes with every access token; the old one is not revoked."""
        refresh = self.refresh_tokens.get(form.get("refresh_token", ""))
        if refresh is None or refresh.client_id != app.client_id:
            return self.refusal(70000)
        if refresh.refusal or self.blocked:
            return self.refusal(refresh.refusal or self.blocked, suberror="bad_token" if refresh.refusal else "")
        return self._person_token(app, refresh.account, refresh.tenant, refresh.scopes)

    def _device_token(self, form: dict[str, str], app: App) -> Answer:
        """DEVICE, Expected errors."""
        device = self.devices.get(form.get("device_code", ""))
        if device is None:
            return self._plain_refusal("bad_verification_code")
        device.asked += 1
        if not app.allows_public:
            return self.refusal(7000218)
        if device.number:
            return self.refusal(device.number)
        if device.error or not device.account:
            return self._plain_refusal(device.error or "authorization_pending")
        return self._person_token(app, device.account, self._home(device.tenant), device.scopes)

    @staticmethod
    def _plain_refusal(error: str) -> Answer:
        return json_answer({"error": error, "error_description": f"{error}."}, status=400)

    def _person_token(
        self, app: App, account: str, tenant: str, scopes: tuple[str, ...], *, nonce: str | None = None
    ) -> Answer:
        """CODE, Successful response: `scope` names permissions of the resource without its address for Graph only."""
        resources = {scope.rpartition("/")[0] for scope in scopes if scope.startswith("https://")}
        if len(resources) > 1:
            return self.refusal(700022)
        granted = tuple(scope for scope in scopes if scope not in app.withheld)
        body: dict[str, Any] = {
            "token_type": "Bearer",
            "scope": " ".join(self._told(scope) for scope in granted if scope != "offline_access"),
            "expires_in": self.life_s,
            "ext_expires_in": self.life_s,
            "access_token": self._issue(tenant, app, account, granted),
            "id_token": self._id_token(app, account, tenant, nonce),
        }
        if "offline_access" in granted:
            body["refresh_token"] = "0.rt-" + secrets.token_urlsafe(24)
            self.refresh_tokens[body["refresh_token"]] = Refresh(tenant, app.client_id, account, granted)
        return json_answer(body)

    def _told(self, scope: str) -> str:
        """A permission of Graph by its name alone (CODE)."""
        return scope.removeprefix(f"https://{self.graph_host}/") if self.graph_host else scope

    def _id_token(self, app: App, account: str, tenant: str, nonce: str | None) -> str:
        """learn.microsoft.com/entra/identity-platform/id-token-claims-reference."""
        moment = int(time.time())
        claims = {
            "iss": self.url(f"/{tenant}/v2.0"),
            "aud": app.client_id,
            "sub": account,
            "tid": tenant,
            "preferred_username": account,
            "name": "Ann",
            "iat": moment,
            "nbf": moment,
            "exp": moment + 3600,
            "ver": "2.0",
        }
        return id_token({**claims, "nonce": nonce} if nonce else claims)

    def _issue(self, tenant: str, app: App, account: str, scopes: tuple[str, ...]) -> str:
        token = "eyJ0-" + secrets.token_urlsafe(24)
        moment = time.time() + self.life_s
        kept = frozenset(scope for scope in scopes if scope not in SIGN_IN_SCOPES)
        self.tokens[token] = IssuedToken(tenant, app.client_id, account, kept, moment)
        return token

    def _home(self, tenant: str) -> str:
        """The tenant of the person at the browser, where the request left it open."""
        return self.add_tenant(self.browser.rpartition("@")[2]) if tenant in ("organizations", "common") else tenant
