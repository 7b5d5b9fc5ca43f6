"""What was begun with many messages of the log, as sentences."""

from __future__ import annotations

from django import template
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ticketing.models import BulkState, LogBatch
from ticketing.services.log_actions import ACTIONS

register = template.Library()


@register.simple_tag
def batch_name(batch: LogBatch) -> str:
    """What is being done."""
    name = str(ACTIONS[batch.what].many)
    return f"{name} #{batch.typed}" if batch.typed else name


@register.simple_tag
def batch_progress(batch: LogBatch) -> str:
    """How far it is."""
    return _("%(done)s of %(total)s") % {"done": f"{batch.looked_at:,}", "total": batch.number}


@register.simple_tag
def batch_ended(batch: LogBatch) -> str:
    """What came of it: how many, how many not and why, and why it went no further."""
    count = {"n": f"{batch.done:,}", "what": batch_name(batch)}
    said = [ngettext("%(what)s: done with %(n)s message.", "%(what)s: done with %(n)s messages.", batch.done) % count]
    if batch.state == BulkState.STOPPED:
        said.insert(0, _("Stopped."))
    if batch.state == BulkState.REFUSED:
        said.append(_("You may not do this any more."))
    if batch.kept:
        left = ngettext("%(n)s is as it was: %(why)s", "%(n)s are as they were: %(why)s", batch.kept)
        said.append(left % {"n": f"{batch.kept:,}", "why": batch.why_kept})
    return " ".join(said)
