"""What is odd about a mail or a file of it, as codes and the values their sentences name: in no language.

The parser gives them; `ticketing/remark_words.py` makes the sentences.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

Value = str | int | float


class RemarkCode(StrEnum):
    """What was wrong with a mail, or what of it was left out."""

    PARSER_FAILED = "parser_failed"
    EMPTY = "empty"
    PGP_ENCRYPTED = "pgp_encrypted"
    PGP_LOCKED_TEXT = "pgp_locked_text"
    BOUNCE_UNREADABLE = "bounce_unreadable"
    LINES_CR_CR_LF = "lines_cr_cr_lf"
    LINES_CR = "lines_cr"
    CONTENT_TYPE_INVALID = "content_type_invalid"  # declared
    BOUNDARY_GUESSED = "boundary_guessed"
    MULTIPART_WITHOUT_PARTS = "multipart_without_parts"
    MULTIPART_NOT_CLOSED = "multipart_not_closed"
    NO_FROM = "no_from"
    SEVERAL_FROM = "several_from"
    NO_DATE = "no_date"
    DATE_INVALID = "date_invalid"
    NO_MESSAGE_ID = "no_message_id"
    NO_EMPTY_LINE = "no_empty_line"
    RAW_HEADER = "raw_header"
    NOT_BASE64 = "not_base64"
    HTML_WITHOUT_TYPE = "html_without_type"
    BASE64_DAMAGED = "base64_damaged"
    BASE64_PADDED = "base64_padded"
    TNEF_UNREADABLE = "tnef_unreadable"
    TNEF_DAMAGED = "tnef_damaged"
    CHARSET_IS_UTF8 = "charset_is_utf8"  # declared
    BYTES_OUTSIDE_CHARSET = "bytes_outside_charset"  # charset
    CHARSET_UNDECLARED = "charset_undeclared"  # taken
    CHARSET_GUESSED = "charset_guessed"  # taken
    OUT_OF_TIME = "out_of_time"  # seconds
    NESTED_TOO_DEEP = "nested_too_deep"  # levels
    TOO_MANY_PARTS = "too_many_parts"  # limit, left_out
    TOO_MANY_ADDRESSES = "too_many_addresses"  # header, total, kept
    TOO_MANY_HEADERS = "too_many_headers"  # left_out, total
    HEADER_TOO_LONG = "header_too_long"  # left_out_bytes, total_bytes
    BODY_TOO_LONG = "body_too_long"  # chars, limit
    UNPACKS_TOO_LARGE = "unpacks_too_large"  # limit_bytes
    FILE_NAME_TOO_LONG = "file_name_too_long"
    TNEF_TOO_MANY_FILES = "tnef_too_many_files"  # limit
    TNEF_TOO_LARGE = "tnef_too_large"


@dataclass(frozen=True, slots=True)
class Remark:
    """One remark."""

    code: RemarkCode
    values: Mapping[str, Value] = field(default_factory=dict)


def remark(code: RemarkCode, **values: Value) -> Remark:
    """The remark with the values that its sentence names."""
    return Remark(code, values)


class FileNote(StrEnum):
    """What a person should know of a file before opening it."""

    SMIME_SIGNATURE = "smime_signature"
    PGP_SIGNATURE = "pgp_signature"
    PGP_PART = "pgp_part"
    PGP_LOCKED = "pgp_locked"
    PGP_SIGNED = "pgp_signed"
    SMIME_SIGNED = "smime_signed"
    SMIME_LOCKED = "smime_locked"
    SMIME_UNREADABLE = "smime_unreadable"
    FROM_TNEF = "from_tnef"
