"""Fetching what a mail refers to, from a real web server: what comes through, and what never does."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_network

import pytest

from helpdesk.lib.net import HostGuard
from tests.servers.web import PIXEL, WebServer, web_server
from ticketing.services import remote_images
from ticketing.services.remote_images import MAX_BYTES, MAX_REDIRECTS, NoImage, fetch_image

GIF = b"GIF89a\x01\x00\x01\x00\x00\x00\x00;"


@pytest.fixture
def web() -> Iterator[WebServer]:
    """A server whose images may be fetched."""
    with web_server() as server:
        yield server


@pytest.fixture
def guard(web: WebServer) -> HostGuard:
    """Lets that server be reached, and nothing else on this machine."""
    return HostGuard(allowed_networks=(ip_network("127.0.0.1/32"),), allowed_ports=frozenset({web.port}))


@pytest.mark.parametrize(("content", "content_type"), [(PIXEL, "image/png"), (GIF, "image/gif")])
def test_an_image_comes_with_the_type_that_its_bytes_show(
    web: WebServer, guard: HostGuard, content: bytes, content_type: str
) -> None:
    image = fetch_image(web.answer("/a.html", content, Content_Type="text/html"), guard=guard)
    assert (image.content, image.content_type) == (content, content_type)


def test_the_sender_learns_nothing_of_the_reader(web: WebServer, guard: HostGuard) -> None:
    web.answer("/a.png?id=7%20x", Set_Cookie="who=you")
    fetch_image(web.url("/a.png?id=7 x"), guard=guard)
    fetch_image(web.url("/a.png?id=7 x"), guard=guard)
    [(path, first), (_, second)] = web.requests
    assert path == "/a.png?id=7%20x"
    assert first == second
    assert {"Cookie", "Referer", "Authorization"}.isdisjoint(first)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_followed(web: WebServer, guard: HostGuard, status: int) -> None:
    web.answer("/there.png")
    assert fetch_image(web.move("/here", "/there.png", status=status), guard=guard).content == PIXEL


def test_only_so_many_redirects_are_followed(web: WebServer, guard: HostGuard) -> None:
    web.answer("/0")
    for step in range(MAX_REDIRECTS + 1):
        web.move(f"/{step + 1}", f"/{step}")
    assert fetch_image(web.url(f"/{MAX_REDIRECTS}"), guard=guard).content == PIXEL
    with pytest.raises(NoImage, match="redirects"):
        fetch_image(web.url(f"/{MAX_REDIRECTS + 1}"), guard=guard)


def test_a_redirect_inside_is_vetted_like_the_first_address(web: WebServer, guard: HostGuard) -> None:
    with web_server() as inside:
        address = web.move("/a.png", inside.answer("/secret.png"))
        with pytest.raises(NoImage, match="not reachable"):
            fetch_image(address, guard=guard)
        assert inside.requests == []


@pytest.mark.parametrize(
    "to", ["file:///etc/passwd", "ftp://127.0.0.1/a.png", "http://user:word@127.0.0.1/a.png", "//"]
)
def test_a_redirect_to_no_web_address_ends_there(web: WebServer, guard: HostGuard, to: str) -> None:
    with pytest.raises(NoImage):
        fetch_image(web.move("/a.png", to), guard=guard)


@pytest.mark.parametrize("content", [b"<svg onload='x()'></svg>", b"<html>", b"", b"%PDF-1.4"])
def test_what_is_no_raster_image_does_not_come_through(web: WebServer, guard: HostGuard, content: bytes) -> None:
    with pytest.raises(NoImage, match="raster"):
        fetch_image(web.answer("/a.png", content, Content_Type="image/png"), guard=guard)


def test_an_image_at_the_limit_comes_and_a_byte_more_does_not(web: WebServer, guard: HostGuard) -> None:
    largest = PIXEL.ljust(MAX_BYTES, b"\0")
    assert len(fetch_image(web.answer("/largest", largest), guard=guard).content) == MAX_BYTES
    with pytest.raises(NoImage, match="too large"):
        fetch_image(web.answer("/larger", largest + b"\0"), guard=guard)


@pytest.mark.parametrize("status", [204, 403, 404, 500])
def test_a_server_that_has_none_is_believed(web: WebServer, guard: HostGuard, status: int) -> None:
    with pytest.raises(NoImage, match=str(status)):
        fetch_image(web.answer("/a.png", b"", status=status), guard=guard)


def test_a_server_that_never_comes_to_an_end_is_left(
    web: WebServer, guard: HostGuard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote_images, "TIMEOUT_S", 0.3)
    web.drips.add("/slow.png")
    with pytest.raises(NoImage):
        fetch_image(web.url("/slow.png"), guard=guard)


def test_encryption_that_does_not_come_about_is_no_reason_to_do_without(web: WebServer, guard: HostGuard) -> None:
    with pytest.raises(NoImage, match="no encryption"):
        fetch_image(web.answer("/a.png").replace("http:", "https:"), guard=guard)
    assert web.requests == []


def test_without_being_told_otherwise_nothing_on_this_machine_is_reached(web: WebServer) -> None:
    with pytest.raises(NoImage, match="not reachable"):
        fetch_image(web.answer("/a.png"))
    assert web.requests == []
