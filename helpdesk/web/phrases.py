"""The sentences that JavaScript says, translated here and rendered as JSON into each page."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import pgettext


def phrases() -> dict[str, str]:
    """Name to sentence; a %s stands for what is put in. static/js/phrases.js reads them."""
    return {
        "close": _("Close"),
        "copied": _("Copied"),
        "copy_failed": _("Couldn't copy. Select the text and copy it yourself."),
        "failed": _("That didn't work. If it keeps happening, quote %s."),
        "not_allowed": _("Your role doesn't allow this."),
        "too_old": _(
            "Nothing was done: this page is from before you signed in again, or the browser keeps no cookies. "
            "Copy what you wrote, reload the page, and send it again."
        ),
        "gone": _("That no longer exists. Reload the page."),
        "no_answer": _("The server didn't answer. Nothing is lost."),
        "not_changed": _("The server didn't answer, so the ticket is as it was."),
        "try_again": _("Try again"),
        "offline": _("You're offline. Drafts are kept on this computer."),
        "in": _("in %s"),
        "over": _("%s over"),
        "minutes": pgettext("a length of time", "%s min"),
        "hours_minutes": pgettext("a length of time", "%s h %s"),
        "hours": pgettext("a length of time", "%s h"),
        "remove": _("Remove %s"),
        "invalid_token": _("%s is no address"),
        "saving": _("Saving"),
        "saved": _("Draft saved %s"),
        "not_saved": _("Not saved. Your text is kept on this computer."),
        "uploading": _("Uploading %s"),
        "upload_failed": _("%s couldn't be uploaded"),
        "too_large": _("%s is too large. The limit is %s MB."),
        "results": _("%s results"),
        "no_results": _("Nothing matches"),
        "go_to": _("Go to"),
    }
