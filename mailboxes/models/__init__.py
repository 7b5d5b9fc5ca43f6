"""Connections, mailboxes, the ledger and the outbox."""

from mailboxes.models.back_fill import BackFill, BackFillState
from mailboxes.models.bounced import ENDED_BY_MAIL, BouncedAddress, Silence
from mailboxes.models.connection import (
    Cloud,
    Connection,
    ConnectionKind,
    Flow,
    GrantState,
    OAuthGrant,
    OutgoingKind,
    OutgoingServer,
    Provider,
    SecurityChoice,
)
from mailboxes.models.device_sign_in import DeviceSignIn, DeviceState
from mailboxes.models.end_to_end import EndToEndTest
from mailboxes.models.expiry import ExpiryWarning
from mailboxes.models.health import HealthSpan, SpanState
from mailboxes.models.ledger import (
    BROUGHT,
    AckState,
    IgnoredRange,
    LedgerReason,
    Outcome,
    RawMessage,
    RawState,
    RemoteMessage,
)
from mailboxes.models.mailbox import (
    LARGEST_MESSAGE_BYTES,
    MAX_MESSAGE_BYTES,
    AfterImportChoice,
    ExistingMail,
    Health,
    Mailbox,
    RealTime,
    SpamTrust,
    TicketPriority,
)
from mailboxes.models.outbox import (
    ALLOWED_TRANSITIONS,
    Cause,
    DeliveryState,
    FilingState,
    OutboxMessage,
    OutboxRecipient,
    RecipientKind,
)
from mailboxes.models.protocol_trace import ProtocolTrace, TracePiece
from mailboxes.models.proxy import Proxy, ProxyKindChoice
from mailboxes.models.refused_address import RefusedAddress
from mailboxes.models.sender_check import SenderCheck
from mailboxes.models.subscription import GraphSubscription
from mailboxes.models.suppression import Suppression, SuppressionKind
from mailboxes.models.trusted_certificate import TrustedCertificate
from mailboxes.models.whole_fetch import WholeFetch, WholeFetchState

__all__ = [
    "ALLOWED_TRANSITIONS",
    "BROUGHT",
    "ENDED_BY_MAIL",
    "LARGEST_MESSAGE_BYTES",
    "MAX_MESSAGE_BYTES",
    "AckState",
    "AfterImportChoice",
    "BackFill",
    "BackFillState",
    "BouncedAddress",
    "Cause",
    "Cloud",
    "Connection",
    "ConnectionKind",
    "DeliveryState",
    "DeviceSignIn",
    "DeviceState",
    "EndToEndTest",
    "ExistingMail",
    "ExpiryWarning",
    "FilingState",
    "Flow",
    "GrantState",
    "GraphSubscription",
    "Health",
    "HealthSpan",
    "IgnoredRange",
    "LedgerReason",
    "Mailbox",
    "OAuthGrant",
    "OutboxMessage",
    "OutboxRecipient",
    "Outcome",
    "OutgoingKind",
    "OutgoingServer",
    "ProtocolTrace",
    "Provider",
    "Proxy",
    "ProxyKindChoice",
    "RawMessage",
    "RawState",
    "RealTime",
    "RecipientKind",
    "RefusedAddress",
    "RemoteMessage",
    "SecurityChoice",
    "SenderCheck",
    "Silence",
    "SpamTrust",
    "SpanState",
    "Suppression",
    "SuppressionKind",
    "TicketPriority",
    "TracePiece",
    "TrustedCertificate",
    "WholeFetch",
    "WholeFetchState",
]
