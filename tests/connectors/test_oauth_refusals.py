"""What a provider's refusal means: the error decides, the number picks the hint, ids are kept, secrets never shown."""

from __future__ import annotations

import pytest

from mailboxes.connectors.errors import Reason
from mailboxes.connectors.oauth.refusals import AADSTS, ERRORS, refused

TRACE = "64908389-2527-4188-8ba4-29b9e76e3c00"
CORRELATION = "a400dd29-ad31-4de1-933e-3e3995a7c6cc"


def answer(error: str, number: int = 0, words: str = "Words.") -> dict[str, object]:
    told = f"AADSTS{number}: {words}\r\nTrace ID: {TRACE}\r\nCorrelation ID: {CORRELATION}\r\nTimestamp: 2026-11-26 8Z"
    return {"error": error, "error_description": told if number else words, "error_codes": [number] if number else []}


@pytest.mark.req("S4.67", "S4.69", "S3.12")
@pytest.mark.parametrize(
    ("error", "number", "reason"),
    [
        ("invalid_client", 7000215, Reason.APP_SECRET_WRONG),
        ("invalid_client", 70002, Reason.APP_SECRET_WRONG),
        ("invalid_client", 7000222, Reason.APP_SECRET_EXPIRED),
        ("unauthorized_client", 700016, Reason.APP_UNKNOWN),
        ("invalid_client", 700011, Reason.APP_UNKNOWN),
        ("invalid_tenant", 90002, Reason.TENANT_UNKNOWN),
        ("invalid_request", 50059, Reason.TENANT_UNKNOWN),
        ("invalid_request", 50128, Reason.TENANT_UNKNOWN),
        ("invalid_request", 90038, Reason.CLOUD_WRONG),
        ("invalid_request", 900382, Reason.CLOUD_WRONG),
        ("invalid_request", 900432, Reason.CLOUD_WRONG),
        ("invalid_grant", 65001, Reason.CONSENT_MISSING),
        ("access_denied", 65004, Reason.CONSENT_REFUSED),
        ("access_denied", 90094, Reason.ADMIN_CONSENT_NEEDED),
        ("access_denied", 90095, Reason.ADMIN_CONSENT_NEEDED),
        ("invalid_grant", 650052, Reason.RESOURCE_MISSING),
        ("invalid_resource", 500011, Reason.RESOURCE_MISSING),
        ("invalid_scope", 70011, Reason.SCOPE_WRONG),
        ("invalid_scope", 28002, Reason.SCOPE_WRONG),
        ("invalid_scope", 700022, Reason.SCOPES_MIXED),
        ("interaction_required", 50076, Reason.SIGN_IN_NEEDED),
        ("invalid_grant", 50079, Reason.SIGN_IN_NEEDED),
        ("invalid_grant", 50074, Reason.SIGN_IN_NEEDED),
        ("invalid_grant", 53000, Reason.SIGN_IN_BLOCKED),
        ("invalid_grant", 53003, Reason.SIGN_IN_BLOCKED),
        ("invalid_grant", 53004, Reason.SIGN_IN_BLOCKED),
        ("invalid_grant", 530032, Reason.SIGN_IN_BLOCKED),
        ("invalid_grant", 50126, Reason.ACCOUNT_REFUSED),
        ("invalid_grant", 50034, Reason.ACCOUNT_REFUSED),
        ("invalid_grant", 50055, Reason.ACCOUNT_REFUSED),
        ("invalid_grant", 50057, Reason.ACCOUNT_REFUSED),
        ("invalid_grant", 50053, Reason.ACCOUNT_REFUSED),
        ("invalid_grant", 70008, Reason.GRANT_DEAD),
        ("invalid_grant", 700082, Reason.GRANT_DEAD),
        ("invalid_grant", 50173, Reason.GRANT_DEAD),
        ("invalid_grant", 70000, Reason.GRANT_DEAD),
        ("invalid_client", 7000218, Reason.APP_SECRET_MISSING),
        ("invalid_client", 700025, Reason.APP_IS_PUBLIC),
        ("invalid_request", 50011, Reason.REDIRECT_WRONG),
        ("invalid_request", 50194, Reason.APP_SINGLE_TENANT),
        ("unauthorized_client", 9001023, Reason.APP_SINGLE_TENANT),
        ("invalid_grant", 50196, Reason.TOKEN_LOOP),
    ],
)
def test_each_number_of_the_table_has_its_hint(error: str, number: int, reason: Reason) -> None:
    found = refused(answer(error, number))
    assert (found.reason, found.number, found.permanent) == (reason, number, True)
    assert number in AADSTS


@pytest.mark.parametrize(("error", "verdict"), ERRORS.items())
def test_an_unknown_number_falls_back_to_the_error(error: str, verdict: object) -> None:
    found = refused(answer(error, 99999999))
    assert (found.reason, found.permanent, found.ends_grant, found.number) == (
        ERRORS[error].reason,
        ERRORS[error].permanent,
        ERRORS[error].ends_grant,
        99999999,
    )


def test_an_error_nobody_knows_is_told_as_it_is() -> None:
    found = refused(answer("new_kind_of_error", words="What is this?"))
    assert (found.reason, found.ends_grant) == (Reason.PROTOCOL, False)
    assert found.detail == "new_kind_of_error · What is this?"


@pytest.mark.req("F61")
def test_a_number_never_makes_a_passing_trouble_last() -> None:
    found = refused(answer("temporarily_unavailable", 70008))
    assert (found.reason, found.permanent, found.ends_grant) == (Reason.SERVER_ERROR, False, False)


@pytest.mark.parametrize(
    ("error", "number", "ends"),
    [
        ("invalid_grant", 70008, True),
        ("interaction_required", 50076, True),
        ("consent_required", 65001, True),
        ("invalid_client", 7000222, False),
        ("unauthorized_client", 700016, False),
        ("invalid_scope", 70011, False),
    ],
)
def test_only_a_refused_grant_ends_it(error: str, number: int, ends: bool) -> None:
    assert refused(answer(error, number)).ends_grant is ends


def test_a_code_that_is_refused_ends_no_grant_and_may_be_had_again() -> None:
    found = refused(answer("invalid_grant", 70008), redeems_code=True)
    assert (found.reason, found.ends_grant) == (Reason.CODE_EXPIRED, False)


def test_trace_and_correlation_ids_are_kept_whatever_the_words_length() -> None:
    found = refused(answer("invalid_client", 7000215, "Long words. " * 100))
    assert found.detail.endswith(f" · trace {TRACE} · correlation {CORRELATION}")
    assert found.detail.startswith("invalid_client · AADSTS7000215: Long words.")
    assert "Timestamp" not in found.detail


def test_ids_of_the_answer_itself_are_preferred_and_must_look_like_ids() -> None:
    told = {**answer("invalid_client", 7000215), "trace_id": "abc-1", "correlation_id": "<script>alert(1)</script>"}
    assert refused(told).detail.endswith("Words. · trace abc-1")


def test_secrets_that_a_provider_repeats_are_struck_out() -> None:
    found = refused(answer("invalid_client", words="secret hunter2 is wrong"), secrets=["hunter2", ""])
    assert "hunter2" not in found.detail
    assert "***" in found.detail


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("The OAuth client was not found.", Reason.APP_UNKNOWN),
        ("The OAuth client was deleted.", Reason.APP_UNKNOWN),
        ("Unauthorized", Reason.APP_SECRET_WRONG),
    ],
)
def test_google_says_in_words_what_is_wrong_with_a_client(words: str, reason: Reason) -> None:
    assert refused(answer("invalid_client", words=words)).reason is reason


def test_google_asks_for_a_person_when_its_session_control_does() -> None:
    found = refused(
        {"error": "invalid_grant", "error_description": "reauth related error", "error_subtype": "invalid_rapt"}
    )
    assert (found.reason, found.ends_grant) == (Reason.SIGN_IN_NEEDED, True)


@pytest.mark.parametrize("nonsense", [{}, {"error": None}, {"error": ["x"]}, {"error": "x", "error_codes": "7000215"}])
def test_nonsense_is_a_refusal_all_the_same(nonsense: dict[str, object]) -> None:
    assert refused(nonsense).reason is Reason.PROTOCOL
