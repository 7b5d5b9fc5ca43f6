"""Which results of a mail server prove a sender, and which anybody could have written."""

from __future__ import annotations

import pytest

from ticketing.mail.authentication import Checker, Results, gives_results, read_results

GOOGLE, ONLINE, EXCHANGE, NOBODY = Checker.GOOGLE, Checker.EXCHANGE_ONLINE, Checker.EXCHANGE, Checker.NOBODY
MINE = "mx.google.com;"
SENDER = "anna@shop.customer.test"


def proof(value: str, *, checker: Checker = GOOGLE, sender: str = SENDER) -> str:
    """What proves the sender by one header."""
    return read_results([("Authentication-Results", value)], checker=checker, names=(), sender=sender).proven_by


@pytest.mark.parametrize(
    ("value", "by"),
    [
        (f"{MINE} dkim=fail; spf=softfail; dmarc=pass (p=REJECT) header.from=customer.test", "dmarc"),
        (f"{MINE} dkim=pass header.i=@shop.customer.test; spf=none", "dkim"),
        (f"{MINE} dkim=fail header.d=x.test; dkim=pass header.d=customer.test", "dkim"),
        (f"{MINE} spf=pass (google.com: domain of a@customer.test) smtp.mailfrom=a@customer.test; dmarc=none", "spf"),
        # The near misses.
        (f"{MINE} dkim=pass header.d=other.test; spf=pass smtp.mailfrom=a@list.test", ""),
        (f"{MINE} dkim=pass header.d=deep.shop.customer.test", ""),  # anybody may have been given it
        (f"{MINE} dkim=pass header.d=test", ""),
        (f"{MINE} dkim=pass header.d=omer.test", ""),
        (f"{MINE} spf=pass smtp.mailfrom=a@customer.test; dkim=pass header.d=customer.test; dmarc=fail", ""),
        (f"{MINE} dkim=pass header.d=customer.test; dmarc=temperror", ""),
        (f"{MINE} dmarc=pass; dmarc=fail", ""),
        (f"{MINE} spf=fail (a comment; dmarc=pass) smtp.mailfrom=a@x.test", ""),
        (f'{MINE} spf=fail smtp.mailfrom="a;dmarc=pass"@x.test', ""),
        (f"{MINE} spf=fail (never closed; dmarc=pass", ""),
        (f"{MINE} spf=fail never opened); dmarc=pass", ""),
        (f"{MINE} xdmarc=pass", ""),
        ("mx.google.com.evil.test; dmarc=pass", ""),
        ("mx.evil.test; dmarc=pass", ""),
        ("dmarc=pass", ""),
    ],
)
def test_google_proves_by_its_own_results_of_that_domain(value: str, by: str) -> None:
    assert proof(value) == by


@pytest.mark.parametrize(
    ("checker", "value", "by"),
    [
        (ONLINE, "spf=pass smtp.mailfrom=x.test; dmarc=bestguesspass action=none;compauth=pass reason=109", "dmarc"),
        (ONLINE, "mx.evil.test; dmarc=pass", ""),  # it writes no name
        (EXCHANGE, "mx.customer.test; dmarc=pass", ""),
        (NOBODY, "mx.customer.test; dmarc=pass", ""),
    ],
)
def test_others_prove_only_as_far_as_they_are_known_to_write_results(checker: Checker, value: str, by: str) -> None:
    assert proof(value, checker=checker) == by


@pytest.mark.parametrize(
    ("headers", "names", "by"),
    [
        ([("Received", "lmtp"), ("Authentication-Results", "MX.our.test; dmarc=pass")], ("mx.our.test",), "dmarc"),
        ([("Authentication-Results", "mx7.our.test 1; dmarc=pass")], ("*.our.test",), "dmarc"),
        ([("Authentication-Results", "our.test; dmarc=pass")], ("*.our.test",), ""),
        ([("Authentication-Results", "mx.our.test.evil.test; dmarc=pass")], ("mx.our.test",), ""),
        (  # what stands below the border came in with the mail
            [
                ("Authentication-Results", "mx.our.test; spf=fail"),
                ("Received", "from evil.test by mx.our.test"),
                ("Authentication-Results", "mx.our.test; dmarc=pass"),
            ],
            ("mx.our.test",),
            "",
        ),
        (  # where servers are named, nobody else counts
            [("Authentication-Results", "mx.google.com; dmarc=pass")],
            ("mx.our.test",),
            "",
        ),
    ],
)
def test_servers_that_are_named_count_alone(headers: list[tuple[str, str]], names: tuple[str, ...], by: str) -> None:
    assert read_results(headers, checker=GOOGLE, names=names, sender=SENDER).proven_by == by
    assert gives_results(NOBODY, names=names)


@pytest.mark.parametrize(("checker", "by"), [(ONLINE, "internal"), (EXCHANGE, "internal"), (GOOGLE, ""), (NOBODY, "")])
def test_exchange_knows_its_own_people(checker: Checker, by: str) -> None:
    headers = [("X-MS-Exchange-Organization-AuthAs", "Internal")]
    assert read_results(headers, checker=checker, names=(), sender=SENDER).proven_by == by
    anonymous = [("X-MS-Exchange-Organization-AuthAs", "Anonymous"), *headers]
    assert read_results(anonymous, checker=checker, names=(), sender=SENDER).proven_by == ""


def test_results_are_told_in_the_words_of_the_server() -> None:
    value = f"{MINE} dkim=fail header.d=a.test; dkim=pass header.d=b.test; spf=SoftFail; dmarc=none"
    found = read_results([("authentication-results", value)], checker=GOOGLE, names=(), sender=SENDER)
    assert found == Results(spf="softfail", dkim="pass", dmarc="none")
