"""How the person looking at a page wants to see it; from the middleware to the templates."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Viewer:
    """What pages know of the person without asking the database again."""

    theme: str = ""  # "", light, dark; empty: as the system
    density: str = ""  # "", compact, roomy; empty: cosy
    single_keys: bool = True  # single-key shortcuts are on


ANONYMOUS = Viewer()


def viewer_of(request: object) -> Viewer:
    """The viewer that the middleware has set, else somebody without wishes. Never queries."""
    viewer = getattr(request, "viewer", ANONYMOUS)
    return viewer if isinstance(viewer, Viewer) else ANONYMOUS
