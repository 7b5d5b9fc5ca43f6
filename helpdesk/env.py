"""Reads the environment: every setting of an installation has its name here, `.env.example` explains them.

A secret may come from a file (`SECRET_KEY_FILE`). An embedded installation (no DATABASE_URL) makes its own keys.
"""

from __future__ import annotations

import base64
import os
import secrets
from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.FileAwareEnv()
environ.Env.read_env(BASE_DIR / ".env", overwrite=False)

DATA_DIR = Path(env.str("DATA_DIR", default=str(BASE_DIR / "data"))).resolve()
IS_EMBEDDED = not env.str("DATABASE_URL", default="")
KEY_FILE_NAME = "keys.env"


def flag(name: str, *, default: bool = False) -> bool:
    """The boolean setting `name`; anything but yes, no, true, false, 1 or 0 is refused."""
    value = env.str(name, default="").strip().lower()
    if not value:
        return default
    if value not in {"1", "0", "true", "false", "yes", "no"}:
        raise ImproperlyConfigured(f"{name} is {value!r}. Write yes or no.")
    return value in {"1", "true", "yes"}


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
