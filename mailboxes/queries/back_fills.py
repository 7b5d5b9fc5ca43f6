"""How far the back-fill of a mailbox is."""

from __future__ import annotations

from dataclasses import dataclass

from mailboxes.models import BackFill, BackFillState, Mailbox, Outcome, RemoteMessage


@dataclass(frozen=True)
class Progress:
    """The last wish, and how much of it is still to be fetched."""

    wish: BackFill
    waiting: int  # messages that have their row and no bytes yet
    is_of_other_source: bool  # the mailbox reads another account or folder since

    @property
    def is_running(self) -> bool:
        """True while something is still to happen by itself."""
        return not self.is_of_other_source and (
            self.wish.state in (BackFillState.COUNTING, BackFillState.WANTED) or self.waiting > 0
        )

    @property
    def done(self) -> int:
        """Of those that were missing, how many are here."""
        return max(0, (self.wish.missing or 0) - self.waiting)


def progress_of(mailbox: Mailbox) -> Progress | None:
    """The mailbox's last back-fill; None when there was none. Two queries; inside the scope."""
    wish = BackFill.objects.filter(mailbox=mailbox).select_related("asked_by__user").first()
    if wish is None:
        return None
    waiting = RemoteMessage.objects.filter(
        mailbox=mailbox, raw=None, outcome=Outcome.PENDING, received_at__gte=wish.since, received_at__lt=wish.before
    )
    is_over = wish.state == BackFillState.DONE
    return Progress(wish, waiting.count() if is_over else 0, wish.source_generation != mailbox.source_generation)
