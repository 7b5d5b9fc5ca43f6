"""Reads the environment: every setting of an installation has its name here, `.env.example` explains them.

A secret may come from a file (`SECRET_KEY_FILE`). An embedded installation (no DATABASE_URL) makes its own keys.
"""

from __future__ import annotations

import base64
import logging
import math
import os
import re
import secrets
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import available_timezones

import environ
from django.core.exceptions import ImproperlyConfigured
from environ.fileaware_mapping import FileAwareMapping

from helpdesk.lib.net import HostGuardError, ascii_host
from helpdesk.spam_daemon.values import Daemon, Kind


class _Environment(FileAwareMapping):  # type: ignore[misc]  # the library has no types
    """What is set; a value from a file ends before the line end that editors and `echo` put there."""

    def __getitem__(self, key: str) -> str:
        value: str = super().__getitem__(key)
        return value.rstrip("\r\n") if self.env.get(f"{key}_FILE") else value


BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.FileAwareEnv()
env.ENVIRON = _Environment()
# The demonstration and the tests are whole by themselves and read no file.
if env_file := os.environ.get("ENV_FILE", str(BASE_DIR / ".env")):
    environ.Env.read_env(env_file, overwrite=False)

DATA_DIR = Path(env.str("DATA_DIR", default=str(BASE_DIR / "data"))).resolve()
IS_EMBEDDED = not env.str("DATABASE_URL", default="")
MAX_PORT = 65_535
KEY_FILE_NAME = "keys.env"
_SPAM_DAEMONS = {
    "spamd": (Kind.SPAMASSASSIN, 783, False),
    "rspamd": (Kind.RSPAMD, 11333, False),
    "rspamd+https": (Kind.RSPAMD, 443, True),
}
_INSIDE = frozenset({"local", "localhost", "internal", "lan", "home", "corp", "intranet", "test", "invalid", "arpa"})


def flag(name: str, *, default: bool = False) -> bool:
    """The boolean setting `name`; anything but yes, no, true, false, 1 or 0 is refused."""
    value = env.str(name, default="").strip().lower()
    if not value:
        return default
    if value not in {"1", "0", "true", "false", "yes", "no"}:
        raise ImproperlyConfigured(f"{name} is {value!r}. Write yes or no.")
    return value in {"1", "true", "yes"}


def number(name: str, *, default: float, least: float = 0, most: float = math.inf) -> float:
    """The setting `name` as a number of at least `least` and at most `most`. Raises ImproperlyConfigured."""
    text = env.str(name, default="").strip()
    try:
        value = float(text) if text else default
    except ValueError:
        value = math.nan
    if not least <= value <= most or value == math.inf:
        range_ = f"of at least {least:g}" if most == math.inf else f"from {least:g} to {most:g}"
        raise ImproperlyConfigured(f"{name} is {text!r}. Write a number {range_}.")
    return value


def networks(name: str) -> tuple[IPv4Network | IPv6Network, ...]:
    """The setting `name` as networks separated by commas. Raises ImproperlyConfigured."""
    try:
        return tuple(ip_network(text.strip()) for text in env.list(name, default=[]))
    except ValueError as error:
        raise ImproperlyConfigured(f"{name}: {error}. Write networks such as 10.20.0.0/16.") from error


def ports(name: str) -> frozenset[int]:
    """The setting `name` as ports separated by commas. Raises ImproperlyConfigured."""
    texts = [text.strip() for text in env.list(name, default=[])]
    if not all(text.isascii() and text.isdigit() and 1 <= int(text) <= MAX_PORT for text in texts):
        raise ImproperlyConfigured(f"{name} is {', '.join(texts)!r}. Write ports such as 1143,1025.")
    return frozenset(map(int, texts))


def address(name: str, *, default: str) -> str:
    """The setting `name` as a web address without a slash at its end. Raises ImproperlyConfigured."""
    text: str = env.str(name, default="") or default
    if not re.fullmatch(r"https?://[^/?#\s]+[^?#\s]*", text):
        raise ImproperlyConfigured(f"{name} is {text!r}. Write an address such as https://helpdesk.example.com.")
    return text.rstrip("/")


def public_address(name: str, *, base_url: str) -> str:
    """The setting `name` as an https address that providers can call, "" for `none`. Raises ImproperlyConfigured.

    Without the setting it is `base_url` if that may be one: https, and no name or address that is known inside alone.
    """
    text = str(env.str(name, default="")).strip()
    if text.lower() == "none" or (not text and not _is_public(base_url)):
        return ""
    found = address(name, default=base_url)
    if not found.startswith("https://"):
        raise ImproperlyConfigured(f"{name} is {text!r}. Write an address with https://, or none.")
    return found


def _is_public(url: str) -> bool:
    parts = urlsplit(url)
    host = (parts.hostname or "").rstrip(".")
    try:
        return parts.scheme == "https" and ip_address(host).is_global
    except ValueError:
        return parts.scheme == "https" and "." in host and host.rpartition(".")[2] not in _INSIDE


def mail_domain(name: str) -> str:
    """The setting `name` as a domain that mail is addressed to, lower-cased, or "". Raises ImproperlyConfigured."""
    text = str(env.str(name, default="")).strip().lower()
    if text and not re.fullmatch(
        r"(?=.{1,190}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", text
    ):
        raise ImproperlyConfigured(f"{name} is {text!r}. Write a domain such as in.example.com, in ASCII.")
    return text


def time_zone(name: str, *, default: str) -> str:
    """The setting `name` as a time zone that there is. Raises ImproperlyConfigured."""
    text: str = env.str(name, default="") or default
    if text not in available_timezones():
        raise ImproperlyConfigured(f"{name} is {text!r}. Write a zone such as Europe/Berlin.")
    return text


def log_level(name: str, *, default: str) -> str:
    """The setting `name` as a level of logging. Raises ImproperlyConfigured."""
    text = str(env.str(name, default="") or default).upper()
    if text not in logging.getLevelNamesMapping():
        raise ImproperlyConfigured(f"{name} is {text!r}. Write DEBUG, INFO, WARNING or ERROR.")
    return text


def mail_server(name: str) -> dict[str, Any]:
    """Django's settings of the server that the address in `name` stands for. Raises ImproperlyConfigured."""
    try:
        found: dict[str, Any] = env.email_url(name)
    except (ImproperlyConfigured, ValueError) as error:
        raise ImproperlyConfigured(
            f"{name} cannot be read. Write an address such as smtp+tls://user:password@smtp.example.com:587."
        ) from error
    return found


def spam_daemon(name: str, *, rspamd_port: int = 11333) -> Daemon | None:
    """The daemon that the address in `name` stands for; None without one. Raises ImproperlyConfigured.

    rspamd_port: of the worker of Rspamd that is meant, where the address names none.
    """
    text = str(env.str(name, default="")).strip()
    if not text:
        return None
    try:
        parts = urlsplit(text)
        kind, port, is_tls = _SPAM_DAEMONS[parts.scheme]
        port = rspamd_port if parts.scheme == "rspamd" else port
        host, port = ascii_host(parts.hostname or ""), parts.port or port
        if parts.path.strip("/") or parts.query or parts.username is not None:
            raise ValueError("It says more than where the daemon is.")
    except (KeyError, ValueError, HostGuardError) as error:
        raise ImproperlyConfigured(
            f"{name} cannot be read. Write spamd://HOST:783, rspamd://HOST:{rspamd_port} or rspamd+https://HOST."
        ) from error
    password: str = env.str("SPAM_DAEMON_PASSWORD", default="")
    if password and kind is not Kind.RSPAMD:
        raise ImproperlyConfigured("SPAM_DAEMON_PASSWORD is set, but spamd knows no passwords. Take it away.")
    timeout_s = number("SPAM_DAEMON_TIMEOUT_S", default=10, least=0.1, most=30)
    max_kb = number("SPAM_DAEMON_MAX_KB", default=500, least=1, most=100_000)
    return Daemon(kind, host, port, is_tls, password, timeout_s, int(max_kb * 1024))


def taught_spam_daemon(name: str, *, asked: Daemon | None) -> Daemon | None:
    """The daemon that is told people's marks; None without one. Raises ImproperlyConfigured.

    asked: the one that is asked about mail, whose switches keep mail from both.
    """
    found = spam_daemon(name, rspamd_port=11334)
    if found is not None and asked is None:
        raise ImproperlyConfigured(f"{name} is set, but SPAM_DAEMON_URL is not: who learns is asked, too.")
    return found


def installation_secret(name: str) -> str:
    """The secret `name`: from the environment, or from the key file that an embedded installation makes once.

    Raises ImproperlyConfigured when there is none: no default key exists anywhere.
    """
    value: str = env.str(name, default="")
    if value:
        return value
    if not IS_EMBEDDED:
        raise ImproperlyConfigured(
            f"{name} is not set. Set it, or {name}_FILE, in the environment; docs/operations.md says how to make one."
        )
    return _embedded_secrets()[name]


def new_encryption_key() -> str:
    """A fresh installation key as ENCRYPTION_KEYS wants it: `id:base64`, 256 bits."""
    return f"k{secrets.token_hex(3)}:{base64.b64encode(secrets.token_bytes(32)).decode()}"


def _embedded_secrets() -> dict[str, str]:
    path = DATA_DIR / KEY_FILE_NAME
    if not path.exists():
        _write_once(path, f"SECRET_KEY={secrets.token_urlsafe(50)}\nENCRYPTION_KEYS={new_encryption_key()}\n")
    lines = path.read_text().splitlines()
    return {key: value for key, _, value in (line.partition("=") for line in lines) if value}


def _write_once(path: Path, content: str) -> None:
    """`path` holds the content of whoever came first, mode 600, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
