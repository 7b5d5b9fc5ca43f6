"""Whatever is sent to whatever address: nobody ever sees a stack trace, and nothing answers with a fault of ours."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from helpdesk.web.body_limit import MAX_BODY_MB
from tests.access_rows import HERE, Row
from tests.access_table import TABLE, TICKET_ROUTE
from tests.test_url_access import GROUP, address_of
from ticketing.services.uploads import MAX_FILE_MB

pytestmark = pytest.mark.django_db
FORM = "application/x-www-form-urlencoded"
REPOSITORY = Path(__file__).resolve().parents[1]
# Values as they stand in an address or a form, percent-encoded.
HOSTILE = {
    "nul": "%00",
    "no utf-8": "%ff%fe",
    "huge number": "9" * 40,
    "largest number and one": str(2**63),
    "a list": "%5B%5D",
}
ALSO_HOSTILE = {
    "a lone surrogate": "%ed%a0%80",
    "negative": "-1",
    "other digits": "%d9%a3",
    "superscript": "%c2%b2",
    "line ends": "%0d%0aSet-Cookie:x=1",
    "long": "a" * 5000,
    "a bad cursor": "WyJmIiwxZTQwMCwxXQ",
}
# The ordinary run sends what has been seen to break things; the long one the rest as well.
VALUES = [HOSTILE, pytest.param(ALSO_HOSTILE, marks=pytest.mark.long)]
BODIES = {
    "broken multipart": ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data; name="),
    "multipart without boundary": ("multipart/form-data", b"--x\r\n"),
    "json": ("application/json", b'{"a": '),
    "too many fields": (FORM, b"a=1&" * 1500),
    "not utf-8": (f"{FORM}; charset=utf-16", "value=ä".encode("utf-16")),
    "unknown charset": (f"{FORM}; charset=klingon", b"value=1"),
    "a file name with nul": (
        "multipart/form-data; boundary=x",
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="a\x00b.txt"\r\n\r\nhello\r\n--x--\r\n',
    ),
    "a file name of surrogates": (
        "multipart/form-data; boundary=x",
        b"--x\r\nContent-Disposition: form-data; name=\"file\"; filename*=utf-8''%ed%a0%80.txt\r\n\r\nx\r\n--x--\r\n",
    ),
}
HEADERS = {
    "an htmx part": {"HX-Request": "true"},
    "a broken htmx request": {"HX-Request": "true", "HX-Current-URL": "http://[", "HX-Trigger": "\u00ff"},
    "a cookie with nul": {"Cookie": 'sessionid="abcdefghijkl\\000mnop"'},
    "a cookie that is none": {"Cookie": "sessionid=\u00ff\u00fe; csrftoken=\u00ff"},
    "a language that is none": {"Accept-Language": "\u00ff;q=x,,,"},
    "a range that is none": {"Range": "bytes=9-1"},
}


def names_of_parameters() -> list[str]:
    """Every name that views and forms read."""
    read = re.compile(r"(?:GET|POST|FILES|posted)\b[^\n\"]{0,20}\"([a-z_]+)\"|^    ([a-z_]+) = forms\.", re.MULTILINE)
    sources = (
        path.read_text() for app in ("helpdesk", "mailboxes", "ticketing") for path in (REPOSITORY / app).rglob("*.py")
    )
    found = {name for text in sources for match in read.finditer(text) for name in match.groups() if name}
    return sorted(found | {"next", "q", "cursor", "page", "value"})


NAMES = names_of_parameters()
# Middleware and parsing of bodies are the same for all: one page, one form, one upload, one that signs in.
OF_EACH_KIND = {
    "accounts/login/",
    HERE + "views/<slug:view>/",
    TICKET_ROUTE + "answers/",
    TICKET_ROUTE + "draft/<slug:mode>/files/",
    HERE + "mailboxes/new/",
    HERE + "inbound-log/",
    "health/",
}
GETS = [row for row in TABLE if row.method == "GET"]
POSTS = [row for row in TABLE if row.method == "POST"]


@pytest.fixture(autouse=True)
def unlimited(settings: Any, tmp_path: Any) -> None:
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "bad-input"}}
    settings.ACCOUNT_RATE_LIMITS = False
    settings.MEDIA_ROOT = tmp_path / "files"


@pytest.fixture
def owner(people: Any) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(people.owner.user)
    return client


def faults_in(answers: Iterator[tuple[str, Any]]) -> list[str]:
    """Which of the answers are our fault, or show how we work."""
    return [
        f"{what}: {answer.status_code}"
        for what, answer in answers
        if answer.status_code >= 500 or b"Traceback" in answer.getvalue() or b'File "/' in answer.getvalue()
    ]


def post(client: Client, address: str, body: bytes, *, kind: str = FORM) -> Any:
    return client.generic("POST", address, body, content_type=kind)


def ids(row: Row) -> str:
    return f"{row.method} {row.route}"


@pytest.mark.parametrize("values", VALUES, ids=["", "more"])
@pytest.mark.parametrize("row", GETS, ids=ids)
def test_nothing_asked_of_a_page_is_a_fault_of_ours(
    row: Row, values: dict[str, str], people: Any, owner: Client
) -> None:
    address = address_of(row, people)
    query = {what: "&".join(f"{name}={value}" for name in NAMES) for what, value in values.items()}
    assert faults_in((what, owner.get(address, QUERY_STRING=text)) for what, text in query.items()) == []


@pytest.mark.parametrize("values", VALUES, ids=["", "more"])
@pytest.mark.parametrize("row", POSTS, ids=ids)
def test_nothing_sent_to_a_form_is_a_fault_of_ours(
    row: Row, values: dict[str, str], people: Any, owner: Client
) -> None:
    address = address_of(row, people)
    forms = {what: "&".join(f"{name}={value}" for name in NAMES) for what, value in values.items()}
    assert faults_in((what, post(owner, address, text.encode())) for what, text in forms.items()) == []


@pytest.mark.parametrize("row", [row for row in POSTS if row.route in OF_EACH_KIND], ids=ids)
def test_no_body_is_a_fault_of_ours(row: Row, people: Any, owner: Client) -> None:
    address = address_of(row, people)
    answers = ((what, post(owner, address, body, kind=kind)) for what, (kind, body) in BODIES.items())
    assert faults_in(answers) == []


@pytest.mark.parametrize("row", [row for row in GETS if row.route in OF_EACH_KIND], ids=ids)
def test_no_header_is_a_fault_of_ours(row: Row, people: Any, owner: Client) -> None:
    address = address_of(row, people)
    assert faults_in((what, owner.get(address, headers=more)) for what, more in HEADERS.items()) == []


@pytest.mark.parametrize("values", VALUES, ids=["", "more"])
@pytest.mark.parametrize("route", sorted({row.route for row in TABLE if "<" in row.route}))
def test_no_part_of_an_address_is_a_fault_of_ours(route: str, values: dict[str, str], owner: Client) -> None:
    path = GROUP.sub("<>", route).strip("^$").replace("<slug:slug>", "fernhollow")
    addresses = ["/" + re.sub(r"<[^>]*>", value, path) for value in values.values()]
    assert faults_in((address[:200], owner.get(address)) for address in addresses) == []
    assert faults_in((address[:200], owner.post(address)) for address in addresses) == []


@pytest.mark.parametrize(
    "address",
    [
        "/%00",
        "/o/%00/",
        "/o/%ff/",
        "/static/%00.css",
        "/static/../../etc/passwd",
        "/o/fernhollow/%ed%a0%80/",
        "/o//",
    ],
)
def test_an_address_that_is_none_is_not_found(owner: Client, address: str) -> None:
    assert owner.get(address).status_code in (400, 404)


@pytest.mark.parametrize("address", ["/accounts/login/", "/o/fernhollow/tickets/1/draft/reply/files/"])
@pytest.mark.parametrize("length", [str(MAX_BODY_MB * 1024 * 1024 + 1), "9" * 30])
def test_more_than_is_taken_is_refused_unread_with_the_limit(people: Any, address: str, length: str) -> None:
    answer = Client().post(address, {"login": "x"}, headers={"Content-Length": length})
    part = Client().post(address, {"login": "x"}, headers={"Content-Length": length, "HX-Request": "true"})
    assert (answer.status_code, part.status_code) == (413, 413)
    assert "At most 26 MB are taken at once." in answer.content.decode()
    assert part["Content-Type"].startswith("text/plain")


def test_a_file_that_an_answer_may_have_is_taken() -> None:
    assert MAX_FILE_MB < MAX_BODY_MB
