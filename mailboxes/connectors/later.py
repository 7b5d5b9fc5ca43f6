"""Kinds whose libraries are dear to import are loaded when the first of theirs is used, not when a process starts."""

from __future__ import annotations

from collections.abc import Callable
from pkgutil import resolve_name
from typing import Any


def later(place: str) -> Callable[..., Any]:
    """What stands at `module:name`, to be called; its module is imported by the first call."""

    def call(*arguments: Any, **named: Any) -> Any:
        return resolve_name(place)(*arguments, **named)

    return call
