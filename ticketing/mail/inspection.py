"""What the parser sees in a mail, as the JSON object that `inspect_email` prints."""

from collections.abc import Callable

from ticketing.mail.inline_images import inline_finder
from ticketing.mail.remarks import Remark
from ticketing.mail.sanitize import sanitize_html
from ticketing.mail.values import Address, Attachment, Bounce, ParsedMail

Json = dict[str, object]


def inspect_mail(mail: ParsedMail, *, file: str, say: Callable[[Remark], str]) -> Json:
    """The mail's fields under the names that scripts rely on.

    file: only repeated. say: makes the sentence of a remark.
    Inline images keep their `cid:` address, since there is no page to show them; `content_type` is the mail's own word
    where it has one.
    """
    return {
        "file": file,
        "subject": mail.subject,
        "from": _address(mail.from_) if mail.from_ else None,
        "to": [_address(item) for item in mail.to],
        "cc": [_address(item) for item in mail.cc],
        "reply_to": [_address(item) for item in mail.reply_to],
        "date": mail.date.isoformat() if mail.date else None,
        "message_id": mail.message_id,
        "in_reply_to": mail.in_reply_to[0] if mail.in_reply_to else None,
        "references": list(mail.references),
        "text": mail.text,
        "html": _clean(mail) if mail.html else None,
        "reply_text": mail.reply_text,
        "attachments": [_attachment(item) for item in mail.attachments],
        "auto_submitted": mail.automation.is_auto,
        "auto_kind": mail.automation.kind.value if mail.automation.kind else None,
        "bounce": _bounce(mail.bounce) if mail.bounce else None,
        "spam": dict(mail.spam),
        "defects": [say(found) for found in (*mail.defects, *mail.cut)],
        "error": mail.error,
    }


def unreadable(file: str, reason: str) -> Json:
    """The same object for a file that could not be read."""
    return inspect_mail(ParsedMail(error=reason), file=file, say=str)


def _clean(mail: ParsedMail) -> str:
    find = inline_finder(mail.attachments)

    def image_url(reference: str) -> str | None:
        return reference if find(reference) else None

    return sanitize_html(mail.html or "", image_url=image_url).html


def _address(address: Address) -> Json:
    return {"name": address.name, "address": address.address}


def _attachment(item: Attachment) -> Json:
    return {
        "filename": item.filename,
        "content_type": item.declared_type or item.content_type,
        "size": item.size_bytes,
        "inline": item.inline,
        "content_id": item.content_id,
    }


def _bounce(bounce: Bounce) -> Json:
    return {
        "recipients": list(bounce.recipients),
        "permanent": bounce.permanent,
        "original_message_id": bounce.original_message_id,
    }
