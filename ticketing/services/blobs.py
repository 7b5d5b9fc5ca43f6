"""The bytes of attachments: a file in storage first, then a row, once for each content inside an organization."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from helpdesk.lib import files
from helpdesk.tenancy.state import required_organization_id
from ticketing.models import Blob


@dataclass(frozen=True, slots=True)
class Content:
    """Bytes to keep."""

    sha256: str
    data: bytes = field(repr=False)


def known_blobs(hashes: Iterable[str]) -> dict[str, int]:
    """Blob ids by hash, of those that the organization keeps already; they are not swept away meanwhile."""
    wanted = sorted(set(hashes))
    # The marks first: where the sweep is at one of them this waits, and what it removed is not found then.
    Blob.objects.filter(sha256__in=wanted).exclude(unused_since=None).update(unused_since=None)
    return find_blobs(wanted)


def find_blobs(hashes: Iterable[str]) -> dict[str, int]:
    """Blob ids by hash, of those that the organization keeps already. Writes nothing: call `keep_blobs` to use them."""
    wanted = sorted(set(hashes))
    if not wanted:
        return {}
    return dict(Blob.objects.filter(sha256__in=wanted).values_list("sha256", "id"))


def keep_blobs(blob_ids: Iterable[int]) -> None:
    """These contents are in use again, if they were marked to be swept away. Inside the caller's transaction."""
    wanted = sorted(blob_ids)
    if wanted:
        Blob.objects.filter(id__in=wanted).exclude(unused_since=None).update(unused_since=None)


def write_contents(contents: Iterable[Content], *, organization_id: int) -> dict[str, str]:
    """Storage keys by hash; every file is durable. Outside any transaction. Raises StorageDown: then none is there."""
    unique = {content.sha256: content.data for content in contents}
    if not unique:
        return {}
    pieces = [files.Piece(data) for data in unique.values()]
    return dict(zip(unique, files.write_all_durably(f"blobs/{organization_id}", pieces), strict=True))


def add_blobs(keys: Mapping[str, str], *, sizes: Mapping[str, int], at: datetime) -> dict[str, int]:
    """Rows for files just written; gives blob ids by hash. Inside the caller's transaction.

    Raises IntegrityError when somebody else has just added the same content.
    """
    if not keys:
        return {}
    rows = [
        Blob(
            organization_id=required_organization_id(),
            sha256=sha256,
            size_bytes=sizes[sha256],
            storage_key=key,
            created_at=at,
        )
        for sha256, key in keys.items()
    ]
    return {row.sha256: row.id for row in Blob.objects.bulk_create(rows)}
