"""Mail that is brought here: forwarding."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from mailboxes.guides.parts import Guide, Step

FORWARDING = Guide(
    "forwarding",
    _("Forwarding"),
    _(
        "For mail that no server lets Postroom read: the provider sends it on. No password is kept, nothing is polled,"
        " and mail is here at once."
    ),
    needs=(
        _("The operator of this installation has set up a mail domain; else there is no card for forwarding."),
        _(
            "An outgoing server that may send for the address: SPF of its domain names it, and mail is signed with"
            " DKIM."
        ),
    ),
    steps=(
        Step(
            "address",
            _(
                "Connect a mailbox, choose **Forwarding**, and copy the forwarding address that is shown, such as"
                " support-7hq3…@in.example.com."
            ),
        ),
        Step(
            "google",
            _(
                "**Google.** Settings, **Forwarding and POP/IMAP**, **Add a forwarding address**. Google sends a mail"
                " with a code and a link, which becomes a ticket here: follow the link, then choose **Forward a copy of"
                " incoming mail**. In a whole Workspace, routing rules in the admin console do it without confirmation;"
                " a group can have the address as a member."
            ),
        ),
        Step(
            "microsoft",
            _(
                "**Microsoft 365.** Outlook, Settings, Mail, **Forwarding**, with **Keep a copy**. Forwarding to the"
                " outside is blocked at first: an administrator allows it in the outbound spam policy (Defender,"
                " **Anti-spam**, **Automatic forwarding**)."
            ),
            warning=_(
                "An inbox rule of the kind **Redirect** keeps the sender; **Forward** does not, and every ticket would"
                " come from the mailbox itself."
            ),
        ),
        Step(
            "others",
            _(
                "**cPanel, Plesk and others.** **Forwarders**, **Add forwarder**: from the address, to the forwarding"
                " address."
            ),
        ),
        Step(
            "check",
            _(
                "Write a mail to the address from outside, and look for it in the inbound log: From, To and Message-ID"
                " are as they were."
            ),
        ),
    ),
    afterwards=(
        _(
            "After forwarding, SPF of the sender fails unless the forwarder rewrites the envelope, as Google and"
            " Microsoft do. DKIM survives as long as nothing is changed."
        ),
        _(
            "Do not forward the address of one mailbox here to another one, and let no rule forward what Postroom"
            " sends back to it."
        ),
    ),
    checked=_("Tested with mail handed over by SMTP and LMTP. The menus are those of the providers' help pages."),
)
