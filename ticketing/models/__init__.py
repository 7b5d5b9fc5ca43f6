"""Contacts, tickets, messages and what happens to them."""

from ticketing.models.activity import Draft, DraftMode, EventKind, Presence, TicketEvent, TicketRead
from ticketing.models.answers import (
    AnswerCause,
    AnswerLimits,
    AnswerPolicy,
    AnswerState,
    AnswerText,
    AutomaticAnswer,
    TextKind,
)
from ticketing.models.automatic import AutomaticClass, AutomaticPolicy, NewMail, OnTicket
from ticketing.models.bulk import BulkChange, BulkRefusal, BulkState
from ticketing.models.contact import Contact, ContactAddress
from ticketing.models.fields import TYPE_KEY, FieldKind, TicketField
from ticketing.models.filters import EntryKind, FilterCopy, FilterEntry, FilterMode, MailFilter
from ticketing.models.incoming import CallState, IncomingCall, IncomingHook, Proof, SyncedField, SyncedMessage
from ticketing.models.integration import Integration, IntegrationToken, TokenScope
from ticketing.models.message import (
    Attachment,
    Blob,
    KeptNote,
    KeptRemark,
    Message,
    MessageKind,
    MessageRecipient,
    MessageReference,
    ThreadKey,
    ThreadReason,
)
from ticketing.models.order import MailOrder, ThreadSplit
from ticketing.models.outside import ExternalReference, KeptAnswer
from ticketing.models.search import SearchDocument
from ticketing.models.spam import LearnedMail, SpamCorpus, SpamWord
from ticketing.models.suggestion import Suggested, SuggestionAnswer
from ticketing.models.ticket import (
    ALLOWED_TRANSITIONS,
    OPEN_STATUSES,
    SPAM_MARKS,
    Priority,
    SpamMark,
    Status,
    Tag,
    Ticket,
    TicketTag,
)
from ticketing.models.webhook import (
    TEST_TYPE,
    DeliveryStatus,
    EventType,
    StopReason,
    Webhook,
    WebhookDelivery,
    WebhookState,
)

__all__ = [
    "ALLOWED_TRANSITIONS",
    "OPEN_STATUSES",
    "SPAM_MARKS",
    "TEST_TYPE",
    "TYPE_KEY",
    "AnswerCause",
    "AnswerLimits",
    "AnswerPolicy",
    "AnswerState",
    "AnswerText",
    "Attachment",
    "AutomaticAnswer",
    "AutomaticClass",
    "AutomaticPolicy",
    "Blob",
    "BulkChange",
    "BulkRefusal",
    "BulkState",
    "CallState",
    "Contact",
    "ContactAddress",
    "DeliveryStatus",
    "Draft",
    "DraftMode",
    "EntryKind",
    "EventKind",
    "EventType",
    "ExternalReference",
    "FieldKind",
    "FilterCopy",
    "FilterEntry",
    "FilterMode",
    "IncomingCall",
    "IncomingHook",
    "Integration",
    "IntegrationToken",
    "KeptAnswer",
    "KeptNote",
    "KeptRemark",
    "LearnedMail",
    "MailFilter",
    "MailOrder",
    "Message",
    "MessageKind",
    "MessageRecipient",
    "MessageReference",
    "NewMail",
    "OnTicket",
    "Presence",
    "Priority",
    "Proof",
    "SearchDocument",
    "SpamCorpus",
    "SpamMark",
    "SpamWord",
    "Status",
    "StopReason",
    "Suggested",
    "SuggestionAnswer",
    "SyncedField",
    "SyncedMessage",
    "Tag",
    "TextKind",
    "ThreadKey",
    "ThreadReason",
    "ThreadSplit",
    "Ticket",
    "TicketEvent",
    "TicketField",
    "TicketRead",
    "TicketTag",
    "TokenScope",
    "Webhook",
    "WebhookDelivery",
    "WebhookState",
]
