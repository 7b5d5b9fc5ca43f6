"""What makes the objects that the addresses of the access table need, by name.

A maker is called once for its row, inside fernhollow's scope, with the `people` fixture; it gives the value that
stands in the address. The files of makers beside this one have one function each, and rows name them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Maker = Callable[[Any], Any]
MAKERS: dict[str, Maker] = {}


def maker(function: Maker) -> Maker:
    """Rows may name the function as the value of an argument."""
    MAKERS[function.__name__] = function
    return function
