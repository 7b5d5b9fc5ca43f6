"""What a mailbox's mail gives its tickets, as intake holds mails against it. Compiled from `MailMapping`. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ticketing.fields.values import BadValue, Field, Value, clean_value
from ticketing.mail.programs import is_program
from ticketing.mail.values import Attachment
from ticketing.models.mapping import How, KeptFiles, MailMapping, Moment, RequesterFrom, Source, ThenDo


@dataclass(frozen=True, slots=True)
class Copy:
    """A part of a mail goes into a field."""

    when: Moment
    source: Source
    header: str  # its name, of Source.HEADER alone
    field: Field
    how: How


@dataclass(frozen=True, slots=True)
class FileRule:
    """Which files of a mail stay with its message."""

    kept: KeptFiles = KeptFiles.ALL
    refused_endings: frozenset[str] = frozenset()
    max_bytes: int | None = None
    refused_types: frozenset[str] = frozenset()  # "image/*" for all of a kind
    refuses_programs: bool = False

    def refusal(self, file: Attachment) -> str:
        """The code of why a file does not stay; "" for one that does.

        Types are what its bytes show, and what it was declared as: either may be refused.
        """
        if self.kept is KeptFiles.NONE or (self.kept is KeptFiles.INLINE and not file.inline):
            return "kind"
        if file.filename.rpartition(".")[2].lower() in self.refused_endings:
            return "ending"
        if self.refuses_programs and is_program(file.content, content_type=file.content_type):
            return "program"
        if self.refused_types and self.refused_types & _types_of(file):
            return "type"
        return "size" if self.max_bytes is not None and file.size_bytes > self.max_bytes else ""


def _types_of(file: Attachment) -> set[str]:
    exact = {file.content_type.lower(), file.declared_type.lower()}
    return exact | {f"{each.partition('/')[0]}/*" for each in exact}


KEEP_ALL = FileRule()


@dataclass(frozen=True, slots=True)
class Then:
    """What becomes of commands that cannot be followed for one reason."""

    do: ThenDo = ThenDo.NOTE
    address: str = ""  # of ThenDo.MAIL
    text: str = ""


@dataclass(frozen=True, slots=True)
class CommandRules:
    """How commands in the body are read."""

    heading: str
    language: str
    how: How
    fields: tuple[Field, ...]  # that can be named
    troubles: Mapping[str, Then] = field(default_factory=dict)  # by Trouble
    clears: bool = False  # a name without a value takes it off

    def then(self, trouble: str) -> Then:
        """What becomes of a line with this trouble."""
        return self.troubles.get(trouble, Then())


@dataclass(frozen=True, slots=True)
class Rules:
    """Everything that is set for one mailbox."""

    tag_ids: tuple[int, ...] = ()
    values: Mapping[str, Value] = field(default_factory=dict)  # of new tickets, by key
    copies: tuple[Copy, ...] = ()
    requester: RequesterFrom = RequesterFrom.FROM
    unwraps_lists: bool = True
    unwraps_forwards: bool = True
    most_prefixes: int | None = None
    files: FileRule = KEEP_ALL
    commands: CommandRules | None = None  # None: they are not read


UNMAPPED = Rules()


def compiled(row: MailMapping, *, fields: Mapping[str, Field]) -> Rules:
    """The rules of a row. fields: those that are in use, by key; what names another is passed over."""
    return Rules(
        tag_ids=tuple(row.tags),
        values={key: value for key, given in row.fields.items() for value in _value(fields.get(key), given)},
        copies=tuple(
            Copy(Moment(each["when"]), Source(each["source"]), each["header"], fields[each["field"]], How(each["how"]))
            for each in row.copies
            if each["field"] in fields
        ),
        requester=RequesterFrom(row.requester),
        unwraps_lists=row.unwraps_lists,
        unwraps_forwards=row.unwraps_forwards,
        most_prefixes=row.most_prefixes,
        files=FileRule(
            KeptFiles(row.kept_files),
            frozenset(row.refused_endings),
            row.max_file_bytes,
            refused_types=frozenset(row.refused_types),
            refuses_programs=row.refuses_programs,
        ),
        commands=_commands(row, fields) if row.reads_commands else None,
    )


def _commands(row: MailMapping, fields: Mapping[str, Field]) -> CommandRules:
    return CommandRules(
        heading=row.command_heading,
        language=row.command_language,
        how=How(row.command_how),
        clears=row.command_clears,
        fields=tuple(field for field in fields.values() if not field.holds_files),
        troubles={
            trouble: Then(ThenDo(each["then"]), each["address"], each["text"]) for trouble, each in row.troubles.items()
        },
    )


def _value(known: Field | None, given: object) -> list[Value]:
    """The value, unless its field is retired or does not take it any more: a word that was taken off its list."""
    if known is None:
        return []
    try:
        value = clean_value(known, given)
    except BadValue:
        return []
    return [] if value is None else [value]
