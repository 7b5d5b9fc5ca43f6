"""What each step found, in a few words: when it let the mail pass, and when it decided."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

TITLES: dict[str, tuple[Promise, Promise]] = {
    "join_as_ordered": (gettext_lazy("Nobody put it into a ticket"), gettext_lazy("A person put it into a ticket")),
    "complete_message": (
        gettext_lazy("Not the rest of a mail"),
        gettext_lazy("The rest of a mail whose headers came first"),
    ),
    "ignore_own_mail": (gettext_lazy("Not a mail of ours"), gettext_lazy("A mail of ours that came back")),
    "ignore_check_mail": (
        gettext_lazy("Not a test mail"),
        gettext_lazy("The test mail of a connection test"),
    ),
    "ignore_twin": (gettext_lazy("Not seen before"), gettext_lazy("The same mail was here already")),
    "take_sent": (
        gettext_lazy("Not in a folder of sent mail"),
        gettext_lazy("In the folder of sent mail"),
    ),
    "tie_bounce": (gettext_lazy("Not a bounce"), gettext_lazy("A report about a mail of ours")),
    "ignore_report": (gettext_lazy("No report that is ignored"), gettext_lazy("A report that is ignored")),
    "ignore_automatic_answer": (
        gettext_lazy("No automatic answer that is ignored"),
        gettext_lazy("An automatic answer that is ignored"),
    ),
    "ignore_generated": (
        gettext_lazy("No mail of a server or list that is ignored"),
        gettext_lazy("Mail of a server or list that is ignored"),
    ),
    "note_automatic": (gettext_lazy("No quiet note on a ticket"), gettext_lazy("A quiet note on a ticket")),
    "ignore_filtered": (gettext_lazy("No filter ignores it"), gettext_lazy("A filter ignores it")),
    "ignore_unlisted": (gettext_lazy("Every filter lets it in"), gettext_lazy("A filter does not let it in")),
    "check_updater": (
        gettext_lazy("Its sender may add to the ticket"),
        gettext_lazy("Its sender may not add to the ticket"),
    ),
    "stop_loop": (gettext_lazy("No more mail than is ordinary"), gettext_lazy("Looks like a loop")),
    "add_answer": (gettext_lazy("Not an answer to an open ticket"), gettext_lazy("An answer to a ticket")),
    "ignore_while_off": (gettext_lazy("Email to ticket is on"), gettext_lazy("Email to ticket is off")),
    "ignore_new_mail": (
        gettext_lazy("The mailbox opens tickets"),
        gettext_lazy("The mailbox takes answers only"),
    ),
    "check_opener": (gettext_lazy("Its sender may open tickets"), gettext_lazy("Its sender may open no tickets")),
    "recognise_spam": (gettext_lazy("No sign of spam that counts"), gettext_lazy("Taken for spam")),
    "open_ticket": (gettext_lazy("No ticket opened"), gettext_lazy("Opens a ticket")),
}


def title(name: str, *, decided: bool | None) -> str:
    """The step in words; decided None: it was not asked."""
    passed, found = TITLES.get(name, (name, name))
    if decided is None:
        return _("%(step)s: not asked") % {"step": found}
    return str(found if decided else passed)
