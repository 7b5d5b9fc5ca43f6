"""Canned replies: writing, changing and retiring them. Each change is audited."""

from __future__ import annotations

from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from helpdesk.accounts.models import Membership, Team
from helpdesk.accounts.services import audit
from helpdesk.lib.text import clean_line
from ticketing.answering.vocabulary import CANNED
from ticketing.mail.rich_text import clean_rich_text, is_blank, plain_text
from ticketing.models import CannedReply
from ticketing.services.answer_texts import MAX_HTML, MAX_SUBJECT, refusals

MAX_REPLIES = 500
_TOLD_OF_NEW = ("subject", "text", "team")


@dataclass(frozen=True)
class CannedInput:
    """A canned reply as a person writes it."""

    name: str
    html: str
    subject: str = ""
    team: Team | None = None
    is_active: bool = True


@transaction.atomic
def create_canned_reply(data: CannedInput, *, actor: Membership | None = None) -> CannedReply:
    """The canned reply can be used. Inside the organization's scope. Raises ValidationError by field."""
    if CannedReply.objects.count() >= MAX_REPLIES:
        raise ValidationError(_("There are %d canned replies, which is the most.") % MAX_REPLIES)
    reply = CannedReply()
    _take(reply, data)
    changes = {name: ("", value) for name, value in _told(reply).items() if name in _TOLD_OF_NEW and value}
    audit.record("canned.created", target=reply, actor=actor, changes=changes)
    return reply


@transaction.atomic
def change_canned_reply(
    reply_id: int, data: CannedInput, *, version: int, actor: Membership | None = None
) -> CannedReply:
    """It says this from now on, also where a rule sends it. Inside the organization's scope.

    version: of what the person saw. Raises ValidationError by field, CannedReply.DoesNotExist.
    """
    reply: CannedReply = CannedReply.objects.select_for_update().get(pk=reply_id)
    if reply.version != version:
        raise ValidationError(
            _("Somebody else changed this canned reply meanwhile. Open the page anew to see it; nothing is saved.")
        )
    before = _told(reply)
    reply.version += 1
    _take(reply, data)
    changes = audit.differences(before, after=_told(reply))
    if changes:
        audit.record("canned.changed", target=reply, actor=actor, changes=changes)
    return reply


def tidy_reply(data: CannedInput) -> tuple[str, str]:
    """Subject and body as they may be stored. Raises ValidationError by field, naming what is no placeholder."""
    subject = clean_line(data.subject)
    html = clean_rich_text(data.html, image=lambda _source: None)
    wrong = {
        "subject": refusals(subject, known=CANNED),
        "html": [_("Write something.")] if is_blank(html) else refusals(html, known=CANNED),
    }
    for name, text, most in (("subject", subject, MAX_SUBJECT), ("html", html, MAX_HTML)):
        if len(text) > most:
            wrong[name].append(_("Keep it under %(n)d characters.") % {"n": most})
    if any(wrong.values()):
        raise ValidationError({name: said for name, said in wrong.items() if said})
    return subject, html


def _take(reply: CannedReply, data: CannedInput) -> None:
    reply.subject, reply.html = tidy_reply(data)
    reply.name = " ".join(clean_line(data.name).split())
    reply.team, reply.is_active = data.team, data.is_active
    reply.claim_organization()
    reply.full_clean(exclude=["organization", "team"], validate_unique=False, validate_constraints=False)
    try:
        with transaction.atomic():
            reply.save()
    except IntegrityError as error:
        raise ValidationError({"name": _("There is a canned reply with this name. Choose another name.")}) from error


def _told(reply: CannedReply) -> dict[str, object]:
    return {
        "name": reply.name,
        "subject": reply.subject,
        "text": plain_text(reply.html),
        "team": str(reply.team or ""),
        "is_active": reply.is_active,
    }
