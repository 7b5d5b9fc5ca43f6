"""What a mailbox's mail gives its tickets, as people set it: told in the audit trail, heeded by the next mail."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.db import transaction
from django.utils.translation import gettext as _

from helpdesk.accounts.models import Membership
from helpdesk.accounts.services import audit
from helpdesk.lib.errors import ChangedMeanwhile, DomainError
from mailboxes.models import Mailbox
from mailboxes.services.sending import outbox
from ticketing.fields.command_words import HEADINGS
from ticketing.fields.commands import Trouble
from ticketing.fields.values import Value, field_of, shown
from ticketing.models import MailMapping, Tag, TicketField
from ticketing.models.mapping import How, KeptFiles, Moment, RequesterFrom, Source, ThenDo
from ticketing.outbound.recipients import is_own, own_addresses
from ticketing.services.changes import tag_named
from ticketing.services.notice_texts import notice_problems
from ticketing.services.policy_version import policy_changed

MAX_COPIES = 40
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,80}")
_ENDING = re.compile(r"[a-z0-9]{1,12}")
_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]*/(?:\*|[a-z0-9][a-z0-9!#$&^_.+-]*)")


@dataclass(frozen=True)
class CopyInput:
    """A part of a mail goes into a field."""

    when: Moment
    source: Source
    field: str  # its key
    how: How = How.REPLACE
    header: str = ""  # its name, of Source.HEADER alone


@dataclass(frozen=True)
class TroubleInput:
    """What becomes of commands that cannot be followed for one reason."""

    then: ThenDo = ThenDo.NOTE
    address: str = ""  # of ThenDo.MAIL
    text: str = ""


@dataclass(frozen=True)
class MappingInput:
    """Everything that a person sets for one mailbox."""

    tags: Sequence[str] = ()  # names
    values: Mapping[str, Value] = field(default_factory=dict)  # by key, as `clean_value` gives them
    copies: Sequence[CopyInput] = ()
    requester: RequesterFrom = RequesterFrom.FROM
    unwraps_lists: bool = True
    unwraps_forwards: bool = True
    most_prefixes: int | None = None
    kept_files: KeptFiles = KeptFiles.ALL
    refused_endings: Sequence[str] = ()
    refused_types: Sequence[str] = ()
    refuses_programs: bool = False
    max_file_bytes: int | None = None
    reads_commands: bool = False
    command_heading: str = HEADINGS["en"]
    command_language: str = "en"
    command_how: How = How.REPLACE
    command_clears: bool = False
    troubles: Mapping[Trouble, TroubleInput] = field(default_factory=dict)
    version: int = 0  # that the person saw


@transaction.atomic
def set_mapping(mailbox: Mailbox, data: MappingInput, *, actor: Membership | None = None) -> MailMapping:
    """The mapping holds for mail that is decided from now on. A change is audited. Inside the organization's scope.

    Raises ChangedMeanwhile, or DomainError: header_missing, unknown_field, no_files, too_many, ending, type, tag_name.
    """
    _check(data)
    row: MailMapping
    row, _made = MailMapping.objects.get_or_create(mailbox=mailbox)
    if not MailMapping.objects.filter(pk=row.pk, version=data.version).update(version=data.version + 1):
        raise ChangedMeanwhile
    before = _told(row)
    _take(row, data)
    row.version = data.version + 1
    row.save()
    changes = audit.differences(before, after=_told(row))
    if changes:
        audit.record("mapping.changed", target=row, actor=actor, changes=changes, label=mailbox.name)
        policy_changed()
    return row


def input_of(row: MailMapping) -> MappingInput:
    """The stored mapping as a person would enter it."""
    return MappingInput(
        tags=tag_names(row),
        values=dict(row.fields),
        copies=[
            CopyInput(
                Moment(each["when"]), Source(each["source"]), each["field"], How(each["how"]), header=each["header"]
            )
            for each in row.copies
        ],
        requester=RequesterFrom(row.requester),
        unwraps_lists=row.unwraps_lists,
        unwraps_forwards=row.unwraps_forwards,
        most_prefixes=row.most_prefixes,
        kept_files=KeptFiles(row.kept_files),
        refused_endings=list(row.refused_endings),
        refused_types=list(row.refused_types),
        refuses_programs=row.refuses_programs,
        max_file_bytes=row.max_file_bytes,
        reads_commands=row.reads_commands,
        command_heading=row.command_heading,
        command_language=row.command_language,
        command_how=How(row.command_how),
        command_clears=row.command_clears,
        troubles={
            Trouble(name): TroubleInput(ThenDo(each["then"]), each["address"], each["text"])
            for name, each in row.troubles.items()
            if name in set(Trouble)  # a page of the version before may have stored its own during an update
        },
        version=row.version,
    )


def stored_mapping(mailbox: Mailbox) -> MailMapping:
    """The mapping as it stands; one with the defaults, unsaved, where none was ever set."""
    return MailMapping.objects.filter(mailbox=mailbox).first() or MailMapping(mailbox=mailbox)


def tag_names(row: MailMapping) -> list[str]:
    """The tags that new tickets get, by name."""
    return list(Tag.objects.filter(pk__in=row.tags).order_by("name").values_list("name", flat=True))


def _check(data: MappingInput) -> None:
    if len(data.copies) > MAX_COPIES:
        raise DomainError(_("A mailbox has at most %d lines of mapping.") % MAX_COPIES, code="too_many")
    known = {row.key: field_of(row) for row in TicketField.objects.all()}
    for copy in data.copies:
        if copy.source is Source.HEADER and not _HEADER.fullmatch(copy.header):
            raise DomainError(_("Name the header to copy, such as X-Order-Number."), code="header_missing")
        if copy.field not in known:
            raise DomainError(_("Choose the field that takes it."), code="unknown_field")
        if known[copy.field].holds_files and copy.source not in (Source.FILES, Source.IMAGES):
            sentence = _("%s takes attached files and images. Copy these into it, or choose a field of text.")
            raise DomainError(sentence % known[copy.field].label, code="no_files")
    _check_commands(data)
    wrong = next((ending for ending in data.refused_endings if not _ENDING.fullmatch(ending)), None)
    if wrong is not None:
        sentence = _("“%s” is no ending of file names. Write them without dots, such as exe, js.")
        raise DomainError(sentence % wrong[:30], code="ending")
    wrong = next((each for each in data.refused_types if not _TYPE.fullmatch(each)), None)
    if wrong is not None:
        sentence = _("“%s” is no type of files. Write them as application/zip, or video/* for all of a kind.")
        raise DomainError(sentence % wrong[:60], code="type")


def _check_commands(data: MappingInput) -> None:
    if not " ".join(data.command_heading.split()):
        raise DomainError(_("Write the heading that stands above the commands."), code="heading_missing")
    own = own_addresses()
    for trouble in data.troubles.values():
        if trouble.then is not ThenDo.MAIL:
            continue
        wrong = next(iter(notice_problems(trouble.text)), "")
        if wrong:
            raise DomainError(wrong, code="text")
        outbox.check_address(trouble.address)
        if is_own(trouble.address.lower(), own=own):
            sentence = _("%(address)s is a mailbox of yours: the mail would become a ticket. Name another address.")
            raise DomainError(sentence % {"address": trouble.address}, code="own_address")


def _take(row: MailMapping, data: MappingInput) -> None:
    row.tags = sorted({tag_named(name).pk for name in data.tags})
    row.fields = dict(data.values)
    row.copies = [
        {
            "when": copy.when.value,
            "source": copy.source.value,
            "header": copy.header if copy.source is Source.HEADER else "",
            "field": copy.field,
            "how": copy.how.value,
        }
        for copy in data.copies
    ]
    row.requester, row.unwraps_lists, row.unwraps_forwards = data.requester, data.unwraps_lists, data.unwraps_forwards
    row.most_prefixes, row.kept_files = data.most_prefixes, data.kept_files
    row.reads_commands, row.command_language = data.reads_commands, data.command_language
    row.command_clears = data.command_clears
    row.command_heading, row.command_how = " ".join(data.command_heading.split())[:60], data.command_how
    row.troubles = {
        trouble.value: {"then": each.then.value, "address": each.address, "text": each.text}
        for trouble, each in data.troubles.items()
    }
    row.refused_types, row.refuses_programs = sorted(set(data.refused_types)), data.refuses_programs
    row.refused_endings, row.max_file_bytes = sorted(set(data.refused_endings)), data.max_file_bytes


def _told(row: MailMapping) -> dict[str, object]:
    """As the audit trail names it."""
    labels = dict(TicketField.objects.values_list("key", "label"))
    kinds = dict(TicketField.objects.values_list("key", "kind"))
    values = (f"{labels.get(key, key)}: {shown(kinds.get(key, ''), each)}" for key, each in row.fields.items())
    return {
        "mapping_tags": ", ".join(tag_names(row)),
        "mapping_values": "; ".join(values),
        "mapping_copies": "; ".join(_line(each, labels) for each in row.copies),
        "requester": str(RequesterFrom(row.requester).label),
        "unwraps_lists": row.unwraps_lists,
        "unwraps_forwards": row.unwraps_forwards,
        "most_prefixes": row.most_prefixes,
        "kept_files": str(KeptFiles(row.kept_files).label),
        "refused_endings": ", ".join(row.refused_endings),
        "refused_types": ", ".join(row.refused_types),
        "refuses_programs": row.refuses_programs,
        "max_file_bytes": row.max_file_bytes,
        "reads_commands": row.reads_commands,
        "command_heading": f"{row.command_heading} [{row.command_language}]",
        "command_how": str(How(row.command_how).label),
        "command_clears": row.command_clears,
        **{f"trouble_{name}": _then(each) for name, each in row.troubles.items()},
    }


def _then(trouble: Mapping[str, str]) -> str:
    told = str(ThenDo(trouble["then"]).label)
    return f"{told}: {trouble['address']}" if trouble["address"] else told


def _line(copy: Mapping[str, str], labels: Mapping[str, str]) -> str:
    source = copy["header"] or Source(copy["source"]).label
    return f"{Moment(copy['when']).label}: {source} {How(copy['how']).label} {labels.get(copy['field'], copy['field'])}"
