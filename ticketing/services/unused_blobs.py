"""Contents of attachments that nothing shows any more: a step of the sweep of stray files, before each run.

    no attachment ─▶ marked (`unused_since`) ─ grace ─▶ still none: the row goes, the file is marked to be removed later

Whoever uses a content again takes the mark away (`blobs.keep_blobs`), in the transaction that adds the attachment.
"""

from __future__ import annotations

from django.db.models import Exists, OuterRef

from helpdesk.lib import clock
from helpdesk.tenancy import stray_files
from ticketing.models import Attachment, Blob

AT_ONCE = 500


def sweep_unused_blobs() -> None:
    """Contents unused for the grace are forgotten, those unused by now are marked.

    Inside the caller's scope and transaction.
    """
    now = clock.now()
    is_used = Exists(Attachment.objects.filter(blob_id=OuterRef("pk")))
    Blob.objects.exclude(unused_since=None).filter(is_used).update(unused_since=None)
    due = Blob.objects.filter(~is_used, unused_since__lte=now - stray_files.GRACE)
    # Locked, so that whoever takes a mark away comes before, and is seen, or after, and sees that the row is gone.
    gone = dict(due.select_for_update().order_by("id").values_list("id", "storage_key")[:AT_ONCE])
    stray_files.mark(gone.values())
    Blob.objects.filter(id__in=gone).delete()
    unused = Blob.objects.filter(~is_used, unused_since=None, created_at__lte=now - stray_files.LOOK_AFTER)
    ids = list(unused.order_by("id").values_list("id", flat=True)[:AT_ONCE])
    Blob.objects.filter(id__in=ids).update(unused_since=now)
