"""What mailboxes tells those above it. Signals carry ids only; receivers read the rows themselves."""

from __future__ import annotations

from django.dispatch import Signal

# An outgoing mail came to rest, or needs a person: `organization_id`, `outbox_id`, `state` (a DeliveryState).
# Sent inside the scope and the transaction that writes the result, so that what a receiver writes is there with it; a
# receiver opens a savepoint of its own, since its failure is logged and the result stands.
outbox_settled = Signal()
# Messages of a mailbox could not be fetched and wait for a person from now on: `organization_id`, `mailbox_id`. Sent as
# above, with the verdicts; not again while reconciliations go on trying the same messages in vain.
mail_given_up = Signal()
