"""What is odd about a mail or a file, as sentences in the reader's language.

Rows keep codes and values: the parser's (`mail/remarks.py`) and those of intake (`models/message.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.template.defaultfilters import filesizeformat
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from ticketing.mail.remarks import FileNote, Remark, RemarkCode
from ticketing.models import Attachment, KeptNote, KeptRemark, Message

Data = Mapping[str, Any]

_PLAIN: dict[str, Promise] = {
    RemarkCode.PARSER_FAILED: gettext_lazy("The parser failed on this mail; see the original."),
    RemarkCode.EMPTY: gettext_lazy("The mail is empty."),
    RemarkCode.PGP_ENCRYPTED: gettext_lazy("The mail is encrypted with PGP; only its attachment can be shown."),
    RemarkCode.PGP_LOCKED_TEXT: gettext_lazy("Part of the text is encrypted with PGP and can't be opened here."),
    RemarkCode.BOUNCE_UNREADABLE: gettext_lazy("The bounce text could not be read."),
    RemarkCode.LINES_CR_CR_LF: gettext_lazy("Lines end in CR CR LF."),
    RemarkCode.LINES_CR: gettext_lazy("Lines end in CR alone."),
    RemarkCode.BOUNDARY_GUESSED: gettext_lazy("The multipart boundary is missing or wrong and was guessed."),
    RemarkCode.MULTIPART_WITHOUT_PARTS: gettext_lazy("A multipart has no parts and is read as text."),
    RemarkCode.MULTIPART_NOT_CLOSED: gettext_lazy("A multipart has no closing boundary."),
    RemarkCode.NO_FROM: gettext_lazy("There is no From."),
    RemarkCode.SEVERAL_FROM: gettext_lazy("There are several From headers."),
    RemarkCode.NO_DATE: gettext_lazy("There is no Date."),
    RemarkCode.DATE_INVALID: gettext_lazy("The Date is not valid."),
    RemarkCode.NO_MESSAGE_ID: gettext_lazy("There is no Message-ID."),
    RemarkCode.NO_EMPTY_LINE: gettext_lazy("The empty line between header and body is missing."),
    RemarkCode.RAW_HEADER: gettext_lazy("The header has raw 8-bit text."),
    RemarkCode.NOT_BASE64: gettext_lazy("A text part is declared as base64 but is not."),
    RemarkCode.HTML_WITHOUT_TYPE: gettext_lazy("HTML without a content type."),
    RemarkCode.BASE64_DAMAGED: gettext_lazy("A base64 part is damaged."),
    RemarkCode.BASE64_PADDED: gettext_lazy("A base64 part has padding in the middle."),
    RemarkCode.TNEF_UNREADABLE: gettext_lazy("winmail.dat could not be unpacked."),
    RemarkCode.TNEF_DAMAGED: gettext_lazy("winmail.dat is damaged; only its beginning was unpacked."),
    RemarkCode.FILE_NAME_TOO_LONG: gettext_lazy("A file name was too long and was shortened."),
    RemarkCode.TNEF_TOO_LARGE: gettext_lazy("winmail.dat unpacks to more than the size limit; the rest was left out."),
    KeptRemark.NOT_INDEXED: gettext_lazy(
        "Search does not find this message yet: its index failed on it. It is tried again by itself."
    ),
    KeptRemark.SEARCH_CAPPED: gettext_lazy("The message is very long: only its beginning can be found by search."),
    KeptRemark.QUOTE_LEFT_OUT: gettext_lazy("What the mail quotes was left out, as it is set; the original has it."),
    FileNote.SMIME_SIGNATURE: gettext_lazy("S/MIME signature, not verified"),
    FileNote.PGP_SIGNATURE: gettext_lazy("PGP signature, not verified"),
    FileNote.PGP_PART: gettext_lazy("Part of a PGP-encrypted mail"),
    FileNote.PGP_LOCKED: gettext_lazy("Encrypted with PGP; it can't be opened here"),
    FileNote.PGP_SIGNED: gettext_lazy("Signed with PGP, shown as its content; signature not verified"),
    FileNote.SMIME_SIGNED: gettext_lazy("Signed S/MIME mail, shown as its content; signature not verified"),
    FileNote.SMIME_LOCKED: gettext_lazy("Encrypted with S/MIME; it can't be opened here"),
    FileNote.SMIME_UNREADABLE: gettext_lazy("S/MIME, not readable here"),
    FileNote.FROM_TNEF: gettext_lazy("From winmail.dat"),
    KeptNote.REPEATED_IMAGE: gettext_lazy("The same image came with an earlier mail"),
    KeptNote.MAIL_UNREADABLE: gettext_lazy("This mail could not be read. This is the original."),
}


_REQUESTERS: dict[str, Promise] = {
    "reply_to": gettext_lazy("From is %(sender)s. The requester is %(name)s, from Reply-To, as the mailbox is set."),
    "list": gettext_lazy("A mailing list put %(sender)s into From. The requester is %(name)s, who wrote to the list."),
    "forwarded": gettext_lazy("%(sender)s forwarded this mail. The requester is %(name)s, who wrote it."),
}
_LEFT_OUT: dict[str, Promise] = {
    "kind": gettext_lazy("Not kept: the mailbox keeps no such files."),
    "ending": gettext_lazy("Not kept: the mailbox keeps no files with this ending."),
    "type": gettext_lazy("Not kept: the mailbox keeps no files of this type."),
    "program": gettext_lazy("Not kept: by what is in it, it is a program, and the mailbox keeps none."),
    "size": gettext_lazy("Not kept: it is larger than the mailbox keeps."),
}


def remark_words(found: Remark) -> str:
    """The sentence of a remark of the parser."""
    return _said(found.code, found.values)


def message_remarks(message: Message) -> list[str]:
    """What is odd about the message, a sentence each."""
    return list(filter(None, map(_stored_words, message.remarks)))


def file_note(file: Attachment) -> str:
    """What a person should know of the file; "" when there is nothing to say."""
    return _said(file.note_code, file.note_data)


def _stored_words(stored: str | Data) -> str:
    if isinstance(stored, str):  # of an earlier version, which kept the sentence in English
        return stored
    return _said(stored.get("code", ""), stored)


def _said(code: str, data: Data) -> str:
    try:
        say = _SENTENCES.get(code)
        return say(data) if say else str(_PLAIN.get(code, ""))
    except KeyError:  # a row of another version lacks a value
        return ""


def _content_type_invalid(data: Data) -> str:
    return _("The content type '%(declared)s' is not valid.") % {"declared": data["declared"]}


def _charset_is_utf8(data: Data) -> str:
    return _("The charset is declared as %(declared)s but is UTF-8.") % {"declared": data["declared"]}


def _bytes_outside_charset(data: Data) -> str:
    return _("Some bytes are not %(charset)s.") % {"charset": data["charset"]}


def _charset_undeclared(data: Data) -> str:
    return _("The charset is not declared; %(charset)s was taken.") % {"charset": data["taken"]}


def _charset_guessed(data: Data) -> str:
    return _("The charset had to be guessed: %(charset)s.") % {"charset": data["taken"]}


def _out_of_time(data: Data) -> str:
    words = ngettext(
        "Reading stopped after %(n)s second; the rest of the mail is only in the original.",
        "Reading stopped after %(n)s seconds; the rest of the mail is only in the original.",
        data["seconds"],
    )
    return words % {"n": data["seconds"]}


def _nested_too_deep(data: Data) -> str:
    words = _("Parts nested deeper than %(levels)s levels are kept together in one attachment.")
    return words % {"levels": data["levels"]}


def _too_many_parts(data: Data) -> str:
    words = _("More than %(limit)s parts; about %(left_out)s were left out.")
    return words % {"limit": data["limit"], "left_out": data["left_out"]}


def _too_many_addresses(data: Data) -> str:
    words = _("%(header)s names %(total)s addresses; the first %(kept)s were kept.")
    return words % {"header": data["header"], "total": data["total"], "kept": data["kept"]}


def _too_many_headers(data: Data) -> str:
    words = _("%(left_out)s of %(total)s headers were left out.")
    return words % {"left_out": data["left_out"], "total": data["total"]}


def _header_too_long(data: Data) -> str:
    words = _("The header is too long: %(left_out)s of %(total)s were left out.")
    return words % {
        "left_out": filesizeformat(data["left_out_bytes"]),
        "total": filesizeformat(data["total_bytes"]),
    }


def _body_too_long(data: Data) -> str:
    words = _("A body of %(chars)s characters was cut after %(limit)s.")
    return words % {"chars": data["chars"], "limit": data["limit"]}


def _unpacks_too_large(data: Data) -> str:
    words = _("The mail unpacks to more than %(limit)s; the rest was left out.")
    return words % {"limit": filesizeformat(data["limit_bytes"])}


def _tnef_too_many_files(data: Data) -> str:
    return _("winmail.dat holds more than %(limit)s files; the rest was left out.") % {"limit": data["limit"]}


def _recipients_left_out(data: Data) -> str:
    words = _("The mail names %(total)s recipients; the first %(kept)s are listed.")
    return words % {"total": data["total"], "kept": data["kept"]}


def _other_requester(data: Data) -> str:
    named = f"{data['name']} <{data['address']}>" if data["name"] else data["address"]
    return str(_REQUESTERS[data["how"]]) % {"name": named, "sender": data["sender"]}


def _left_out(data: Data) -> str:
    return str(_LEFT_OUT[data["why"]])


def _mail_too_large(data: Data) -> str:
    words = _("This mail has %(size)s, the mailbox takes %(limit)s. Only its headers were fetched.")
    return words % {"size": filesizeformat(data["size_bytes"]), "limit": filesizeformat(data["limit_bytes"])}


_SENTENCES: dict[str, Callable[[Data], str]] = {
    RemarkCode.CONTENT_TYPE_INVALID: _content_type_invalid,
    RemarkCode.CHARSET_IS_UTF8: _charset_is_utf8,
    RemarkCode.BYTES_OUTSIDE_CHARSET: _bytes_outside_charset,
    RemarkCode.CHARSET_UNDECLARED: _charset_undeclared,
    RemarkCode.CHARSET_GUESSED: _charset_guessed,
    RemarkCode.OUT_OF_TIME: _out_of_time,
    RemarkCode.NESTED_TOO_DEEP: _nested_too_deep,
    RemarkCode.TOO_MANY_PARTS: _too_many_parts,
    RemarkCode.TOO_MANY_ADDRESSES: _too_many_addresses,
    RemarkCode.TOO_MANY_HEADERS: _too_many_headers,
    RemarkCode.HEADER_TOO_LONG: _header_too_long,
    RemarkCode.BODY_TOO_LONG: _body_too_long,
    RemarkCode.UNPACKS_TOO_LARGE: _unpacks_too_large,
    RemarkCode.TNEF_TOO_MANY_FILES: _tnef_too_many_files,
    KeptRemark.RECIPIENTS_LEFT_OUT: _recipients_left_out,
    KeptRemark.OTHER_REQUESTER: _other_requester,
    KeptNote.LEFT_OUT: _left_out,
    KeptNote.MAIL_TOO_LARGE: _mail_too_large,
}
