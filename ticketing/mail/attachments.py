"""Files of a mail: decoded, named safely, typed by their bytes, and opened where mail programs hide a body in them."""

import hashlib
import re

from helpdesk.lib.text import clean_filename, clean_line
from ticketing.mail.bodies import Block, disposition, file_name, sort_parts
from ticketing.mail.budget import Budget
from ticketing.mail.encoded_words import decode_words
from ticketing.mail.filetypes import extension_for, sniff_type
from ticketing.mail.openpgp import is_armored, opened_message, unwrapped
from ticketing.mail.remarks import FileNote, RemarkCode, remark
from ticketing.mail.smime import signed_content
from ticketing.mail.structure import Part, read_fields, read_tree
from ticketing.mail.tnef import unpack_tnef
from ticketing.mail.transfer import decode_transfer
from ticketing.mail.values import Attachment

_TNEF_TYPES = frozenset({"application/ms-tnef", "application/vnd.ms-tnef"})
_PKCS7_TYPES = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})
_CALENDAR_METHOD = re.compile(rb"^METHOD[^:\r\n]{0,40}:[ \t]*([A-Za-z-]{1,30})", re.MULTILINE)
PGP_CONTROL = "application/pgp-encrypted"
_NOTES = {
    "application/pkcs7-signature": FileNote.SMIME_SIGNATURE,
    "application/x-pkcs7-signature": FileNote.SMIME_SIGNATURE,
    "application/pgp-signature": FileNote.PGP_SIGNATURE,
    PGP_CONTROL: FileNote.PGP_PART,
}
_INVENTED = {
    "message/delivery-status": "delivery-status",
    "text/rfc822-headers": "headers",
    "text/calendar": "invitation",
}


class Files:
    """Collects the attachments of one mail, and bodies found inside them."""

    def __init__(self, budget: Budget, default_charset: str | None) -> None:
        self.attachments: list[Attachment] = []
        self.hidden_blocks: list[Block] = []  # from winmail.dat and opaque S/MIME
        self.calendar_method: str | None = None
        self._budget = budget
        self._default_charset = default_charset
        self._opened = 0

    def add_part(self, part: Part, *, is_encrypted: bool = False, has_control: bool = False) -> None:
        """Decodes a part and keeps it; winmail.dat and signed blobs are opened as well.

        is_encrypted: it stands in an encrypted mail by PGP; has_control: such a mail was taken apart on its way.
        """
        if self._budget.is_out_of_time():
            return
        encoding = part.get("content-transfer-encoding") or ""
        if part.is_opaque:
            encoding = ""
        content = decode_transfer(part.body, encoding, budget=self._budget)
        shown = disposition(part)
        name = file_name(part, shown)
        note = _NOTES.get(part.type)
        if part.type != PGP_CONTROL and (is_encrypted or (has_control and is_armored(content))):
            note = self._open_pgp(content)
        if part.type in _PKCS7_TYPES:
            note = self._open_signed(part, content)
        self.add(
            name or self._invented_name(part, content),
            content,
            declared="application/octet-stream" if part.is_opaque else part.declared_type or part.type,
            content_id=_bare_id(part.get("content-id")),
            location=_location(part.get("content-location")),
            note=note,
        )
        if part.type == "text/calendar" and (method := _CALENDAR_METHOD.search(content, 0, 65536)):
            self.calendar_method = method[1].decode("ascii").upper()
        if part.type in _TNEF_TYPES or name.lower() == "winmail.dat":
            self._open_tnef(content)

    def add(
        self,
        name: str,
        content: bytes,
        *,
        declared: str = "",
        content_id: str | None = None,
        location: str | None = None,
        note: FileNote | None = None,
    ) -> None:
        """Keeps decoded bytes under a safe name."""
        filename = clean_filename(name, max_length=self._budget.limits.filename_chars)
        if name and len(filename) < len(clean_line(name)) and len(name) > self._budget.limits.filename_chars:
            self._budget.note_cut(remark(RemarkCode.FILE_NAME_TOO_LONG))
        content_type = sniff_type(content, declared=declared, filename=filename)
        if not filename:
            filename = f"attachment-{len(self.attachments) + 1}{extension_for(content_type)}"
        self.attachments.append(
            Attachment(
                filename=filename,
                content_type=content_type,
                declared_type=declared,
                size_bytes=len(content),
                inline=False,
                content_id=content_id,
                content_location=location,
                content=content,
                sha256=hashlib.sha256(content).hexdigest(),
                note=note,
            )
        )

    def _invented_name(self, part: Part, content: bytes) -> str:
        if part.is_opaque:
            return "nested-parts.eml"
        if part.type == "message/rfc822":
            return f"{_subject_of(content, self._budget)}.eml"
        stem = _INVENTED.get(part.type)
        return f"{stem}{extension_for(part.type)}" if stem else ""

    def _open_tnef(self, content: bytes) -> None:
        unpacked = unpack_tnef(content, budget=self._budget)
        if unpacked.text.strip() or unpacked.html:
            self.hidden_blocks.append(Block(unpacked.text if unpacked.text.strip() else None, unpacked.html))
        for file in unpacked.files:
            self.add(file.name, file.content, content_id=file.content_id, note=FileNote.FROM_TNEF)

    def without_pgp(self, text: str) -> str:
        """The text without the signature around it, which is kept as a file with all that it is about."""
        found = unwrapped(text, max_bytes=self._budget.bytes_left)
        if found.is_locked:
            self._budget.defect(remark(RemarkCode.PGP_LOCKED_TEXT))
        if found.is_signed:
            self.add("signed.asc", text.encode(errors="replace"), declared="text/plain", note=FileNote.PGP_SIGNED)
        return found.text

    def _open_pgp(self, content: bytes) -> FileNote:
        """What needs no key is shown: signed or packed alone, or decrypted by a server on the way."""
        inner = content if _is_entity(content) else opened_message(content, max_bytes=self._budget.bytes_left)
        if inner is None:
            return FileNote.PGP_LOCKED
        self._budget.bytes_left -= len(inner)
        if _is_entity(inner):
            self._show(inner)
        else:
            self.hidden_blocks.append(Block(inner.decode("utf-8", "replace"), None))
        return FileNote.PGP_SIGNED

    def _open_signed(self, part: Part, content: bytes) -> FileNote:
        kind = part.content_type.parameters.get("smime-type", "").lower()
        inner = signed_content(content) if kind != "enveloped-data" else None
        if inner is None:
            is_locked = kind in ("enveloped-data", "authenveloped-data")
            return FileNote.SMIME_LOCKED if is_locked else FileNote.SMIME_UNREADABLE
        self._show(inner)
        return FileNote.SMIME_SIGNED

    def _show(self, inner: bytes) -> None:
        """What was inside is read as a mail of its own."""
        self._opened += 1
        if self._opened > 3:  # a blob in a blob in a blob is no mail from a person
            return
        tree = read_tree(inner, budget=self._budget)
        found = sort_parts(tree, budget=self._budget, default_charset=self._default_charset)
        self.hidden_blocks.extend(found.blocks)
        for file in found.files:
            self.add_part(file, is_encrypted=tree.type == "multipart/encrypted")


def _is_entity(content: bytes) -> bool:
    """True for what begins as a part of a mail does."""
    return content[:200].lstrip().lower().startswith((b"content-", b"mime-version:"))


def _subject_of(content: bytes, budget: Budget) -> str:
    fields, _ = read_fields(content, 0, min(len(content), 65536), budget=budget)
    subject = next((value for name, value in fields if name.lower() == "subject"), "")
    return decode_words(subject)[:80].replace("/", "-").replace("\\", "-").strip(". ") or "message"


def _bare_id(value: str | None) -> str | None:
    return clean_line(value).strip("<> ")[:500] or None if value else None


def _location(value: str | None) -> str | None:
    return clean_line(value).strip('"<> ')[:2000] or None if value else None
