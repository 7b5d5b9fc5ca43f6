"""Which columns name files in storage: the models say so when they load, the sweep of stray files asks."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Owner:
    """The column that names the files of one folder."""

    label: str  # of the model
    field: str


# By folder: files stand under `<folder>/<organization>/<day>/`.
OWNERS: dict[str, Owner] = {}


def register_stored(folder: str, *, label: str, field: str = "storage_key") -> None:
    """Files under `<folder>/<organization>/` are kept while this column names them."""
    OWNERS[folder] = Owner(label=label, field=field)
