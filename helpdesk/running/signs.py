"""Signs of life of the parts that no broker knows: each says that it is there, and is believed for a while."""

from __future__ import annotations

from django.core.cache import cache

WATCH = "watch"  # the watcher
RECEIVE = "receive"  # who takes mail from mail servers
BELIEVED_FOR_S = 30


def say_alive(part: str) -> None:
    """The part runs, and counts as running for BELIEVED_FOR_S."""
    cache.set(_key(part), 1, BELIEVED_FOR_S)


def is_alive(part: str) -> bool:
    """True if the part said so within BELIEVED_FOR_S."""
    return cache.get(_key(part)) is not None


def _key(part: str) -> str:
    return f"alive:{part}"
