"""Bytes of one mail in, one frozen value out. Called by the intake (`ticketing/inbound`) and by `inspect_email`.

    raw ─ structure ▶ tree ─ bodies ▶ text, html, files ─ attachments ▶ … ─ quote_text, automation, bounces ▶ ParsedMail

It never raises and never hangs: what is wrong with a mail is in `defects`, what was left out in `cut`.
"""

import re
import time
from collections.abc import Callable

from helpdesk.lib.text import clean_line, clean_text
from ticketing.mail.attachments import PGP_CONTROL, Files
from ticketing.mail.automation import judge
from ticketing.mail.bodies import Content, join_blocks, sort_parts
from ticketing.mail.bounce_signs import Letter
from ticketing.mail.bounces import find_bounce
from ticketing.mail.budget import Budget
from ticketing.mail.charset import codec_for
from ticketing.mail.dates import parse_date
from ticketing.mail.encoded_words import decode_words
from ticketing.mail.head import Head
from ticketing.mail.html_text import html_to_text
from ticketing.mail.inline_images import mark_inline
from ticketing.mail.quoting import split_body
from ticketing.mail.receipts import complainants, reported_ids, told
from ticketing.mail.remarks import FileNote, RemarkCode, remark
from ticketing.mail.spam import spam_signals
from ticketing.mail.structure import Part, read_tree
from ticketing.mail.uuencode import extract_uu
from ticketing.mail.values import DEFAULT_LIMITS, Address, Limits, ParsedMail

_BODY_TOKEN = re.compile(r"postroom:([A-Za-z0-9_-]{20,80})")
_SUBJECT_NUMBER = re.compile(r"\[#(\d{1,12})\]")


def parse_mail(
    raw: bytes,
    *,
    limits: Limits = DEFAULT_LIMITS,
    default_charset: str | None = None,
    monotonic: Callable[[], float] = time.monotonic,
) -> ParsedMail:
    """Everything that can be read from the mail; always a value, also for garbage and for no bytes at all.

    raw: the whole RFC 5322 message. default_charset: tried for 8-bit text that declares none (a mailbox setting).
    monotonic: seconds, the clock that the time limit is counted on.
    """
    budget = Budget(limits, monotonic=monotonic)
    try:
        return _parse(raw, budget, default_charset)
    except (RecursionError, MemoryError, ValueError, LookupError, TypeError, AttributeError) as error:
        # One of our own mistakes, met by a mail nobody thought of: the mail still becomes a ticket from its original.
        budget.defect(remark(RemarkCode.PARSER_FAILED))
        return ParsedMail(
            defects=tuple(budget.defects),
            cut=tuple(budget.cut),
            error=f"{type(error).__name__}: {clean_line(str(error))[:200]}",
        )


def _parse(raw: bytes, budget: Budget, default_charset: str | None) -> ParsedMail:
    if not raw.strip():
        budget.defect(remark(RemarkCode.EMPTY))
    default = default_charset if default_charset and codec_for(default_charset) else None
    tree = read_tree(raw, budget=budget)
    head = Head(tree.fields, budget)
    content = sort_parts(tree, budget=budget, default_charset=default)
    files = _collect_files(tree, content, budget, default)
    text, html, is_from_html = _readable(content, files)
    attachments = mark_inline(files.attachments, html)
    split = split_body(text, html, is_from_html=is_from_html, limits=budget.limits)
    from_all, _ = head.addresses("from")
    to, to_count = head.addresses("to")
    cc, cc_count = head.addresses("cc")
    senders, _ = head.addresses("sender")
    sender = _best(from_all) or _best(senders)
    subject = head.text("subject")
    bounce = find_bounce(tree, raw, letter=Letter(head.first, sender, subject, text), budget=budget)
    report = _report(tree)
    automation = judge(
        head.first,
        subject=subject,
        text=split.new or text,
        sender=sender,
        content_type=report.type,
        report_type=report.content_type.parameters.get("report-type", "").lower(),
        bounce=bounce,
    )
    original, _ = head.addresses("x-original-from")
    head.check()
    return ParsedMail(
        subject=subject,
        from_=_best(from_all),
        from_all=from_all,
        sender=senders[0] if senders else None,
        original_from=original[0] if original else None,
        to=to,
        cc=cc,
        reply_to=head.addresses("reply-to")[0],
        recipient_count=to_count + cc_count,
        date=parse_date(head.first.get("date", "")),
        message_id=head.message_id(),
        in_reply_to=head.ids("in-reply-to"),
        references=head.ids("references"),
        reported=reported_ids(tree, kind=automation.kind, budget=budget),
        told=told(tree, kind=automation.kind, budget=budget),
        complainants=complainants(tree, kind=automation.kind, budget=budget),
        text=text,
        html=html,
        reply_text=split.new,
        quoted_text=split.quoted,
        signature=split.signature,
        attachments=attachments,
        headers=tuple((clean_line(name), decode_words(value)) for name, value in tree.fields),
        automation=automation,
        bounce=bounce,
        spam=spam_signals(head.first),
        body_tokens=_tokens(text, html)[: budget.limits.tokens],
        subject_numbers=tuple(int(number) for number in _SUBJECT_NUMBER.findall(subject[:2000])),
        calendar_method=files.calendar_method,
        defects=tuple(budget.defects),
        cut=tuple(budget.cut),
    )


def _report(tree: Part) -> Part:
    """The report that the mail is, below a signature or before the footer of a list; else the mail itself."""
    part = tree
    while part.type in ("multipart/signed", "multipart/mixed") and part.children:
        part = part.children[0]
    return part if part.type == "multipart/report" else tree


def _best(addresses: tuple[Address, ...]) -> Address | None:
    """The first that could be written to, else the first."""
    usable = (address for address in addresses if "@" in address.address)
    return next(usable, addresses[0] if addresses else None)


def _collect_files(tree: Part, content: Content, budget: Budget, default: str | None) -> Files:
    files = Files(budget, default)
    is_encrypted = tree.type == "multipart/encrypted"
    has_control = any(part.type == PGP_CONTROL for part in content.files)
    for part in content.files:
        files.add_part(part, is_encrypted=is_encrypted, has_control=has_control)
    if any(file.note is FileNote.PGP_LOCKED for file in files.attachments):
        budget.defect(remark(RemarkCode.PGP_ENCRYPTED))
    return files


def _readable(content: Content, files: Files) -> tuple[str, str | None, bool]:
    """Text and HTML to show, and whether the text was made from the HTML; uuencoded files become attachments."""
    text, html = join_blocks(content.blocks)
    if files.hidden_blocks and not (text or html or "").strip():
        text, html = join_blocks(files.hidden_blocks)
    is_from_html = text is None and html is not None
    if text is None:
        text = html_to_text(html) if html else ""
    elif "begin" in text:
        text, hidden = extract_uu(text)
        for name, data in hidden:
            files.add(name, data)
    if html is None and "-----BEGIN PGP " in text:
        text = files.without_pgp(text)
    return clean_text(text.strip("\n")), clean_text(html.strip()) if html else None, is_from_html


def _tokens(text: str, html: str | None) -> tuple[str, ...]:
    found = dict.fromkeys(_BODY_TOKEN.findall(text) if "postroom:" in text else ())
    if html and "postroom:" in html:
        found.update(dict.fromkeys(_BODY_TOKEN.findall(html)))
    return tuple(found)
