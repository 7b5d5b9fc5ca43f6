"""Settings from the environment: what they may be, and what they are where nothing is said."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from helpdesk.env import public_address, spam_daemon, taught_spam_daemon
from helpdesk.spam_daemon.values import Daemon, Kind


@pytest.mark.parametrize(
    ("said", "base_url", "found"),
    [
        ("", "https://desk.example.com", "https://desk.example.com"),
        ("", "http://desk.example.com", ""),
        ("", "https://localhost:8000", ""),
        ("", "https://desk", ""),
        ("", "https://desk.corp", ""),
        ("", "https://10.0.0.5", ""),
        ("", "https://[::1]", ""),
        ("", "https://8.8.8.8", "https://8.8.8.8"),
        ("none", "https://desk.example.com", ""),
        ("https://notify.example.com/", "http://10.0.0.5", "https://notify.example.com"),
        ("https://notify.corp", "http://10.0.0.5", "https://notify.corp"),
    ],
)
def test_the_public_address_is_one_that_providers_can_call_or_none(
    monkeypatch: pytest.MonkeyPatch, said: str, base_url: str, found: str
) -> None:
    monkeypatch.setenv("PUBLIC_URL", said)
    assert public_address("PUBLIC_URL", base_url=base_url) == found


@pytest.mark.parametrize("said", ["http://desk.example.com", "desk.example.com", "yes"])
def test_a_public_address_without_encryption_is_refused(monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    monkeypatch.setenv("PUBLIC_URL", said)
    with pytest.raises(ImproperlyConfigured, match="PUBLIC_URL"):
        public_address("PUBLIC_URL", base_url="https://desk.example.com")


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("", None),
        ("spamd://spamd", Daemon(Kind.SPAMASSASSIN, "spamd", 783)),
        ("spamd://[::1]:1783/", Daemon(Kind.SPAMASSASSIN, "::1", 1783)),
        ("rspamd://10.0.0.5", Daemon(Kind.RSPAMD, "10.0.0.5", 11333)),
        ("rspamd+https://filter.example.com", Daemon(Kind.RSPAMD, "filter.example.com", 443, is_tls=True)),
    ],
)
def test_the_spam_daemon_is_the_one_that_the_address_names(
    monkeypatch: pytest.MonkeyPatch, said: str, found: Daemon | None
) -> None:
    monkeypatch.setenv("SPAM_DAEMON_URL", said)
    assert spam_daemon("SPAM_DAEMON_URL") == found


def test_what_learns_is_another_worker_of_rspamd(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPAM_DAEMON_LEARN_URL", "rspamd://10.0.0.5")
    asked = Daemon(Kind.RSPAMD, "10.0.0.5", 11333)
    assert taught_spam_daemon("SPAM_DAEMON_LEARN_URL", asked=asked) == Daemon(Kind.RSPAMD, "10.0.0.5", 11334)
    with pytest.raises(ImproperlyConfigured, match="SPAM_DAEMON_URL is not"):
        taught_spam_daemon("SPAM_DAEMON_LEARN_URL", asked=None)


@pytest.mark.parametrize(
    "settings",
    [
        {"SPAM_DAEMON_URL": "http://rspamd:11333"},
        {"SPAM_DAEMON_URL": "spamd://"},
        {"SPAM_DAEMON_URL": "spamd://[::1"},
        {"SPAM_DAEMON_URL": "spamd://" + 64 * "a"},
        {"SPAM_DAEMON_URL": "spamd://host:none"},
        {"SPAM_DAEMON_URL": "rspamd://host/checkv2"},
        {"SPAM_DAEMON_URL": "spamd://host", "SPAM_DAEMON_PASSWORD": "secret"},
        {"SPAM_DAEMON_URL": "spamd://host", "SPAM_DAEMON_TIMEOUT_S": "60"},
        {"SPAM_DAEMON_URL": "spamd://host", "SPAM_DAEMON_MAX_KB": "0"},
    ],
)
def test_what_names_no_spam_daemon_stops_the_start(monkeypatch: pytest.MonkeyPatch, settings: dict[str, str]) -> None:
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ImproperlyConfigured, match="SPAM_DAEMON_"):
        spam_daemon("SPAM_DAEMON_URL")


def test_the_password_of_the_spam_daemon_may_stand_in_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text("from a file\n")
    monkeypatch.setenv("SPAM_DAEMON_URL", "rspamd://host:11334")
    monkeypatch.setenv("SPAM_DAEMON_PASSWORD_FILE", str(secret))
    daemon = spam_daemon("SPAM_DAEMON_URL")
    assert daemon is not None
    assert daemon.password == "from a file"
