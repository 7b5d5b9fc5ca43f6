"""What a provider's refusal of a token means.

The OAuth `error` decides what we do; Microsoft's number (AADSTS…) only picks the hint, and may be one that nobody here
knows: https://learn.microsoft.com/entra/identity-platform/reference-error-codes says that numbers and texts change.
Trace and correlation ids are kept: the provider's support asks for them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mailboxes.connectors.errors import ConnectorError, Reason

MAX_WORDS = 160
_NUMBER = re.compile(r"AADSTS(\d{4,8})")
_IDS = re.compile(r"\s*(Trace ID|Correlation ID|Timestamp): \S+( \S+Z)?", re.IGNORECASE)
_SAFE = re.compile(r"[A-Za-z0-9._-]{1,64}")


@dataclass(frozen=True)
class Verdict:
    """What an OAuth error comes to where no number says more."""

    reason: Reason
    permanent: bool = True
    ends_grant: bool = False  # a refresh token refused so stays refused: a person has to sign in again


ERRORS: Mapping[str, Verdict] = {
    # RFC 6749 section 5.2
    "invalid_client": Verdict(Reason.APP_SECRET_WRONG),
    "invalid_grant": Verdict(Reason.GRANT_DEAD, ends_grant=True),
    "unauthorized_client": Verdict(Reason.APP_UNKNOWN),
    "invalid_scope": Verdict(Reason.SCOPE_WRONG),
    "invalid_request": Verdict(Reason.PROTOCOL),
    "unsupported_grant_type": Verdict(Reason.PROTOCOL),
    # RFC 6749 section 4.1.2.1
    "access_denied": Verdict(Reason.CONSENT_REFUSED),
    "server_error": Verdict(Reason.SERVER_ERROR, permanent=False),
    "temporarily_unavailable": Verdict(Reason.SERVER_ERROR, permanent=False),
    # OpenID Connect Core section 3.1.2.6
    "interaction_required": Verdict(Reason.SIGN_IN_NEEDED, ends_grant=True),
    "login_required": Verdict(Reason.SIGN_IN_NEEDED, ends_grant=True),
    "account_selection_required": Verdict(Reason.SIGN_IN_NEEDED, ends_grant=True),
    "consent_required": Verdict(Reason.CONSENT_MISSING, ends_grant=True),
    # RFC 8628 section 3.5
    "expired_token": Verdict(Reason.CODE_EXPIRED),
    "authorization_declined": Verdict(Reason.CONSENT_REFUSED),  # Entra's own word
    "bad_verification_code": Verdict(Reason.CODE_EXPIRED),
    # Entra
    "invalid_resource": Verdict(Reason.RESOURCE_MISSING),
    "invalid_tenant": Verdict(Reason.TENANT_UNKNOWN),
    # Google: https://developers.google.com/identity/protocols/oauth2/web-server#authorization-errors
    "redirect_uri_mismatch": Verdict(Reason.REDIRECT_WRONG),
    "admin_policy_enforced": Verdict(Reason.ADMIN_CONSENT_NEEDED),
    "org_internal": Verdict(Reason.APP_SINGLE_TENANT),
    "deleted_client": Verdict(Reason.APP_UNKNOWN),
    "disabled_client": Verdict(Reason.APP_UNKNOWN),
}
_OTHERWISE = Verdict(Reason.PROTOCOL)

AADSTS: Mapping[int, Reason] = {
    7000215: Reason.APP_SECRET_WRONG,
    70002: Reason.APP_SECRET_WRONG,
    7000222: Reason.APP_SECRET_EXPIRED,
    7000218: Reason.APP_SECRET_MISSING,
    700025: Reason.APP_IS_PUBLIC,
    700016: Reason.APP_UNKNOWN,
    700011: Reason.APP_UNKNOWN,
    90002: Reason.TENANT_UNKNOWN,
    50059: Reason.TENANT_UNKNOWN,
    50128: Reason.TENANT_UNKNOWN,
    90038: Reason.CLOUD_WRONG,
    900382: Reason.CLOUD_WRONG,
    900432: Reason.CLOUD_WRONG,
    65001: Reason.CONSENT_MISSING,
    65004: Reason.CONSENT_REFUSED,
    90094: Reason.ADMIN_CONSENT_NEEDED,
    90095: Reason.ADMIN_CONSENT_NEEDED,
    650052: Reason.RESOURCE_MISSING,
    500011: Reason.RESOURCE_MISSING,
    70011: Reason.SCOPE_WRONG,
    28002: Reason.SCOPE_WRONG,
    700022: Reason.SCOPES_MIXED,
    50076: Reason.SIGN_IN_NEEDED,
    50079: Reason.SIGN_IN_NEEDED,
    50074: Reason.SIGN_IN_NEEDED,
    53000: Reason.SIGN_IN_BLOCKED,
    53001: Reason.SIGN_IN_BLOCKED,
    53002: Reason.SIGN_IN_BLOCKED,
    53003: Reason.SIGN_IN_BLOCKED,
    53004: Reason.SIGN_IN_BLOCKED,
    530032: Reason.SIGN_IN_BLOCKED,
    50126: Reason.ACCOUNT_REFUSED,
    50034: Reason.ACCOUNT_REFUSED,
    50055: Reason.ACCOUNT_REFUSED,
    50057: Reason.ACCOUNT_REFUSED,
    50053: Reason.ACCOUNT_REFUSED,
    70008: Reason.GRANT_DEAD,
    700082: Reason.GRANT_DEAD,
    50173: Reason.GRANT_DEAD,
    70000: Reason.GRANT_DEAD,
    70043: Reason.GRANT_DEAD,  # sign-in frequency of a policy
    54005: Reason.CODE_EXPIRED,
    50011: Reason.REDIRECT_WRONG,
    50194: Reason.APP_SINGLE_TENANT,
    9001023: Reason.APP_SINGLE_TENANT,
    50196: Reason.TOKEN_LOOP,
}

_WORDS: tuple[tuple[re.Pattern[str], Reason], ...] = (  # of providers without numbers
    (re.compile(r"invalid_rapt|reauth", re.IGNORECASE), Reason.SIGN_IN_NEEDED),  # Google's session control
    (re.compile(r"client was not found|client .{0,20}deleted", re.IGNORECASE), Reason.APP_UNKNOWN),
)


class TokenRefused(ConnectorError):
    """The provider answered, and the answer is no. Anything else that fails at a provider is not of this class.

    ends_grant: the same refresh token will be refused again.
    number: Microsoft's, 0 when none.
    """

    def __init__(self, verdict: Verdict, *, error: str, number: int, detail: str) -> None:
        super().__init__(verdict.reason, permanent=verdict.permanent, detail=detail)
        self.error = error
        self.number = number
        self.ends_grant = verdict.ends_grant


def refused(answer: Mapping[str, Any], *, secrets: Sequence[str] = (), redeems_code: bool = False) -> TokenRefused:
    """What an answer with an `error` means. `secrets` are struck out of the provider's words.

    redeems_code: it answers a sign-in under way, whose code works once and for minutes; no grant is at stake yet.
    """
    error = str(answer.get("error") or "")
    words = str(answer.get("error_description") or "")
    number = _number(answer, words)
    decided = ERRORS.get(error, _OTHERWISE)
    hint = AADSTS.get(number) or _hint(f"{words} {answer.get('error_subtype') or ''}") or decided.reason
    if redeems_code and hint is Reason.GRANT_DEAD:
        hint = Reason.CODE_EXPIRED
    verdict = Verdict(
        hint if decided.permanent else decided.reason,
        permanent=decided.permanent,
        ends_grant=decided.ends_grant and not redeems_code,
    )
    return TokenRefused(verdict, error=error, number=number, detail=_detail(error, words, answer, secrets=secrets))


def _number(answer: Mapping[str, Any], words: str) -> int:
    """The number known to us, else the first one told: an answer may carry several."""
    codes = answer.get("error_codes")
    told = [code for code in codes if isinstance(code, int)] if isinstance(codes, list) else []
    told += [int(found) for found in _NUMBER.findall(words)]
    return next((code for code in told if code in AADSTS), told[0] if told else 0)


def _hint(words: str) -> Reason | None:
    return next((reason for pattern, reason in _WORDS if pattern.search(words)), None)


def _detail(error: str, words: str, answer: Mapping[str, Any], *, secrets: Sequence[str]) -> str:
    """Error, words and the ids that support asks for, in this order; the words are what is cut."""
    said = " ".join(_IDS.sub("", words).split())
    for secret in filter(None, secrets):
        said = said.replace(secret, "***")
    ids = [
        f"{name} {value}"
        for name, key in (("trace", "trace_id"), ("correlation", "correlation_id"))
        if (value := str(answer.get(key) or "")) and _SAFE.fullmatch(value)
    ]
    ids = ids or _told_ids(words)
    shown = error if _SAFE.fullmatch(error) else ""
    return " · ".join(filter(None, [shown, said[:MAX_WORDS].strip(), *ids]))


def _told_ids(words: str) -> list[str]:
    """The ids where they stand only in the text."""
    found = ((name, re.search(rf"{name} ID: ([\w-]{{8,40}})", words)) for name in ("Trace", "Correlation"))
    return [f"{name.lower()} {match.group(1)}" for name, match in found if match]
