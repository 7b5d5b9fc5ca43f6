"""Which header lines say that a mail is spam, and which near misses do not."""

from __future__ import annotations

import pytest

from ticketing.mail.spam_headers import Provider, Signal, spam_findings

FORGED = "Authentication-Results"
SPAM = [
    pytest.param(("X-Spam-Flag", "YES"), Signal.SPAMASSASSIN, marks=pytest.mark.req("S3.16")),
    pytest.param(("x-spam-flag", " yes "), Signal.SPAMASSASSIN, marks=pytest.mark.req("S3.16")),
    pytest.param(("X-Spam-Status", "Yes, score=9.1 required=5.0"), Signal.SPAMASSASSIN, marks=pytest.mark.req("S3.16")),
    pytest.param(("X-Forefront-Antispam-Report", "CIP:1.2.3.4;SFV:SPM;SCL:1;"), Signal.EXCHANGE),
    pytest.param(
        ("X-Forefront-Antispam-Report", "CIP:1.2.3.4;SFV:NSPM;SCL:5"),
        Signal.EXCHANGE,
        marks=pytest.mark.req("S3.17"),
    ),
    pytest.param(("X-Forefront-Antispam-Report", "scl:9; sfv:nspm"), Signal.EXCHANGE),
    pytest.param(("X-Forefront-Antispam-Report", "CIP:1.2.3.4;SFV:SKS;SCL:-1;"), Signal.EXCHANGE),
    pytest.param(("X-Forefront-Antispam-Report", "CIP:1.2.3.4;SFV:SKB"), Signal.EXCHANGE),
    pytest.param(("X-Forefront-Antispam-Report", "sfv:blk;CIP:1.2.3.4"), Signal.EXCHANGE),
    pytest.param(("X-MS-Exchange-Organization-SCL", " 6"), Signal.EXCHANGE),
    pytest.param(("Feedback-ID", "7:campaign:shop"), Signal.FEEDBACK_ID, marks=pytest.mark.req("S3.18")),
    pytest.param((FORGED, "mx.x.test; dmarc=fail (p=NONE) header.from=a.test"), Signal.DMARC),
    pytest.param((FORGED, "spf=pass smtp.mailfrom=a.test;dmarc=fail action=quarantine"), Signal.DMARC),
]
NEAR_MISSES = [
    ("X-Spam-Flag", "NO"),
    ("X-Spam-Status", "No, score=1.0 tests=YES_MAN"),
    ("X-Spam-Level", "*****"),
    ("X-Forefront-Antispam-Report", "CIP:1.2.3.4;SFV:NSPM;SCL:4"),
    ("X-Forefront-Antispam-Report", "CIP:1.2.3.4;SFV:SKN;SCL:-1"),
    ("X-Forefront-Antispam-Report", "CIP:1.2.3.4;SFV:SKA;SCL:-1"),
    ("X-Forefront-Antispam-Report", "CIP:1.2.3.4;SFV:SKQ;SCL:1"),
    ("X-Forefront-Antispam-Report", "CIP:1.2.3.4;SFV:SFE;SCL:-1"),
    ("X-Forefront-Antispam-Report", "H:mail.SFV:SPMX.test;SCL:-1"),
    ("X-Forefront-Antispam-Report-Untrusted", "SFV:SPM;SCL:9"),
    ("X-MS-Exchange-Organization-SCL", "-1"),
    ("X-MS-Exchange-Organization-SCL", "²"),
    ("X-Feedback-ID", "7:campaign:shop"),
    (FORGED, "mx.x.test; dmarc=pass header.from=a.test"),
    (FORGED, 'mx.x.test; spf=fail smtp.mailfrom="dmarc=fail"'),
    (FORGED, "mx.x.test; dkim=none (no dmarc=fail here)"),
    (FORGED, "mx.x.test; dmarc=failed"),
]


@pytest.mark.parametrize(("header", "signal"), SPAM)
def test_a_header_that_says_spam_is_found_with_its_line(header: tuple[str, str], signal: Signal) -> None:
    [finding] = spam_findings([("From", "a@b.test"), header], provider=Provider.UNKNOWN)
    assert finding.signal == signal
    assert finding.line == f"{header[0]}: {' '.join(header[1].split())}"


@pytest.mark.parametrize("header", NEAR_MISSES)
def test_a_near_miss_says_nothing(header: tuple[str, str]) -> None:
    assert spam_findings([header], provider=Provider.UNKNOWN) == []


def test_of_each_name_the_topmost_counts() -> None:
    headers = [("X-Spam-Flag", "NO"), ("X-Spam-Flag", "YES")]
    assert spam_findings(headers, provider=Provider.UNKNOWN) == []


GOOGLE, BELOW = "mx.google.com; dmarc=pass", "relay.test; dmarc=fail"
RECEIVERS = [
    (Provider.UNKNOWN, ("mx.a.test; spf=pass", "mx.a.test; dmarc=fail"), True),  # one server may write several
    (Provider.UNKNOWN, ("mx.a.test; dmarc=pass", BELOW), False),  # what a forwarder found is its own affair
    (Provider.GOOGLE, ("mx.google.com; dmarc=fail",), True),
    (Provider.GOOGLE, (GOOGLE, "mx.google.com; dmarc=fail"), False),  # the lower one the sender has written
    (Provider.GOOGLE, (BELOW,), False),
    (Provider.MICROSOFT, ("dmarc=fail action=none", "dmarc=pass"), True),
    (Provider.MICROSOFT, ("spf=pass; dmarc=pass", BELOW), False),
]


@pytest.mark.req("S3.19")
@pytest.mark.parametrize(("provider", "results", "is_spam"), RECEIVERS)
def test_results_of_the_receiving_server_alone_count(
    provider: Provider, results: tuple[str, ...], is_spam: bool
) -> None:
    headers = [("Authentication-Results", value) for value in results]
    assert bool(spam_findings(headers, provider=provider)) == is_spam


def test_endless_headers_are_read_to_their_bound_alone() -> None:
    long = "(" * 100_000 + "; dmarc=fail"
    assert spam_findings([("Authentication-Results", long)], provider=Provider.UNKNOWN) == []
