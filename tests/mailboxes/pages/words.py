"""Pages as a person reads them."""

from __future__ import annotations

import html
import re
from typing import Any

from django.test import Client


def read(client: Client, address: str) -> str:
    """The words of the page, without its marks, each space one."""
    response = client.get(address)
    assert response.status_code == 200, address
    return read_words(response)


def read_words(response: Any) -> str:
    """The words of an answer."""
    words = re.sub(r"<(?:/?(?:b|code|span|bdi|wbr)\b[^>]*)>", "", response.content.decode())
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", words)).split())


def missing(page: str, *facts: str) -> list[str]:
    """The facts that the page does not tell."""
    return [fact for fact in facts if fact not in page]
