"""The environment of a test run: nothing of the developer's own installation or `.env` shines through."""

import base64
import os
import secrets
from pathlib import Path

# Django's settings prefer these to the values they stand for.
FILE_FORMS = ("SECRET_KEY_FILE", "ENCRYPTION_KEYS_FILE", "DATABASE_URL_FILE", "DATABASE_OWNER_URL_FILE")


def test_environment(data_folder: Path) -> dict[str, str]:
    """The variables of a process under test: SQLite, embedded broker, fresh keys, its own data folder.

    What is empty here is there on purpose: it takes the place of what the developer's shell may have set.
    """
    inherited = {name: value for name, value in os.environ.items() if name not in FILE_FORMS}
    return inherited | {
        "POSTROOM_TEST": "1",
        "PYTHONDONTWRITEBYTECODE": "",  # what one process has compiled is there for the many that start after it
        "ENV_FILE": "",
        "DATA_DIR": str(data_folder),
        "SECRET_KEY": secrets.token_urlsafe(50),
        "ENCRYPTION_KEYS": f"test:{base64.b64encode(secrets.token_bytes(32)).decode()}",
        "DATABASE_URL": "",
        "DATABASE_OWNER_URL": "",
        "CELERY_BROKER_URL": "",
        "CACHE_URL": "",
        "EMAIL_URL": "",
        "SPAM_DAEMON_URL": "",
        "DEMO": "",
        "BASE_URL": "http://127.0.0.1:8000",
        "ALLOWED_HOSTS": "127.0.0.1,localhost,[::1]",
    }
