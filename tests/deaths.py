"""A worker that dies inside the test's own process, at a point of `helpdesk.lib.faults`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from helpdesk.lib import faults


class Death(BaseException):
    """The worker ends where it stands."""


@contextmanager
def dies_at(point: str) -> Iterator[None]:
    """What is done in the block comes to this point, and no further."""

    def die(name: str) -> None:
        if name == point:
            raise Death

    with pytest.MonkeyPatch.context() as patched, pytest.raises(Death):
        patched.setattr(faults, "point", die)
        yield
