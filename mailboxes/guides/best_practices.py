"""What keeps a mailbox healthy."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from mailboxes.guides.parts import Guide, Step

GUIDE = Guide(
    "best-practices",
    _("Best practices for mailboxes"),
    _("What we advise for every mailbox, whatever its provider."),
    steps=(
        Step(
            "dedicated",
            _(
                "**An address of its own.** Give Postroom an address that serves nothing else: whatever arrives there"
                " can become a ticket. Make one such as support@ beside the personal ones."
            ),
        ),
        Step(
            "sign-in",
            _(
                "**Sign in, rather than a password.** With Microsoft 365 register an app (Graph), with Google sign in:"
                " no password is stored, and it can be taken back. Else take an app password made for Postroom alone."
            ),
        ),
        Step(
            "imap",
            _(
                "**IMAP, rather than POP3.** Mail stays in step with other programs, has folders, and can be told in"
                " real time."
            ),
        ),
        Step(
            "encrypt",
            _(
                "**TLS, always.** Without encryption password and mail can be read on the way. A certificate that"
                " fails is a reason to ask, not to go on."
            ),
        ),
        Step(
            "confine",
            _(
                "**As few rights as suffice.** Confine an app registration to the mailboxes it reads, and leave out"
                " permissions that are optional."
            ),
        ),
        Step(
            "test",
            _(
                "**Test before you save, and after.** Run the connection test, then write a mail to the address from"
                " outside and see it become a ticket."
            ),
        ),
        Step(
            "start-date",
            _(
                "**Choose the start date with care.** Mail from before it becomes no tickets. With Microsoft Graph and"
                " Exchange Web Services it matters most: old mail is told from new by its date alone."
            ),
        ),
        Step(
            "leave",
            _(
                "**Leave mail on the server at first.** Once all works, have it moved or deleted; keep it a day or two"
                " at least, so that a mail can be looked for if something goes wrong."
            ),
        ),
        Step(
            "one-reader",
            _(
                "**One program that processes.** No second helpdesk, no rule that moves or answers, and with POP3 no"
                " second reader on the same address."
            ),
        ),
        Step(
            "shared",
            _(
                "**A shared mailbox for a team's address.** Let one account sign in for it, not a colleague's own:"
                " people leave, and their passwords change."
            ),
        ),
        Step(
            "sender",
            _(
                "**Answers from the same address.** Let the mailbox send through its own provider, or through a server"
                " that SPF and DKIM of its domain name. Replies then come back to it."
            ),
        ),
        Step(
            "primary",
            _(
                "**One primary mailbox.** It answers for tickets without a mailbox, and for mailboxes that are paused"
                " or unreachable."
            ),
        ),
        Step(
            "loops",
            _(
                "**No circles.** Do not forward one mailbox here to another, and do not answer automatically on the"
                " server as well."
            ),
        ),
        Step(
            "ends",
            _(
                "**Know what ends.** Enter when a client secret ends. Whoever manages channels is warned 30, 7 and 1"
                " days before, so let at least two people manage them."
            ),
        ),
        Step(
            "health",
            _(
                "**Look at the health.** The list of mailboxes says which is unreachable and why. If a mail is"
                " missing, the inbound log says what became of it."
            ),
        ),
    ),
)
