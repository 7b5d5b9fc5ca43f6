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
from ticketing.models.bringing import BringingOver, BringingState
from ticketing.models.bulk import BulkChange, BulkRefusal, BulkState
from ticketing.models.canned import CannedReply
from ticketing.models.contact import Contact, ContactAddress
from ticketing.models.contact_group import ALL_FIELDS, ContactGroup, GroupMember, GroupRight
from ticketing.models.dry_runs import DryRun, Spent
from ticketing.models.fields import TYPE_KEY, FieldKind, TicketField
from ticketing.models.filters import EntryKind, FilterCopy, FilterEntry, FilterMode, MailFilter
from ticketing.models.incoming import CallState, IncomingCall, IncomingHook, Proof, SyncedField, SyncedMessage
from ticketing.models.integration import Integration, IntegrationToken, TokenScope
from ticketing.models.learned_tags import LearnedTags, TagCorpus, TagWord
from ticketing.models.log_batch import LogBatch
from ticketing.models.loops import Breaker, FloodScope, LoopLimits
from ticketing.models.mail_policy import Copies, MailPolicy, Quotes
from ticketing.models.mapping import MailMapping
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
from ticketing.models.retention import Retention
from ticketing.models.rules import Rule, RuleDay, RuleTrial, RuleVersion, TeamTurn
from ticketing.models.search import SearchDocument
from ticketing.models.spam import LearnedMail, SpamCorpus, SpamWord, TaughtMail
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
from ticketing.models.writers import (
    ForwardedMail,
    ForwardState,
    NeededProof,
    Openers,
    Refused,
    Strangers,
    Updaters,
    WriterPolicy,
)

__all__ = [
    "ALLOWED_TRANSITIONS",
    "ALL_FIELDS",
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
    "Breaker",
    "BringingOver",
    "BringingState",
    "BulkChange",
    "BulkRefusal",
    "BulkState",
    "CallState",
    "CannedReply",
    "Contact",
    "ContactAddress",
    "ContactGroup",
    "Copies",
    "DeliveryStatus",
    "Draft",
    "DraftMode",
    "DryRun",
    "EntryKind",
    "EventKind",
    "EventType",
    "ExternalReference",
    "FieldKind",
    "FilterCopy",
    "FilterEntry",
    "FilterMode",
    "FloodScope",
    "ForwardState",
    "ForwardedMail",
    "GroupMember",
    "GroupRight",
    "IncomingCall",
    "IncomingHook",
    "Integration",
    "IntegrationToken",
    "KeptAnswer",
    "KeptNote",
    "KeptRemark",
    "LearnedMail",
    "LearnedTags",
    "LogBatch",
    "LoopLimits",
    "MailFilter",
    "MailMapping",
    "MailOrder",
    "MailPolicy",
    "Message",
    "MessageKind",
    "MessageRecipient",
    "MessageReference",
    "NeededProof",
    "NewMail",
    "OnTicket",
    "Openers",
    "Presence",
    "Priority",
    "Proof",
    "Quotes",
    "Refused",
    "Retention",
    "Rule",
    "RuleDay",
    "RuleTrial",
    "RuleVersion",
    "SearchDocument",
    "SpamCorpus",
    "SpamMark",
    "SpamWord",
    "Spent",
    "Status",
    "StopReason",
    "Strangers",
    "Suggested",
    "SuggestionAnswer",
    "SyncedField",
    "SyncedMessage",
    "Tag",
    "TagCorpus",
    "TagWord",
    "TaughtMail",
    "TeamTurn",
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
    "Updaters",
    "Webhook",
    "WebhookDelivery",
    "WebhookState",
    "WriterPolicy",
]
