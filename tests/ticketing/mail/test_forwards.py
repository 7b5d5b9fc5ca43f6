"""Who wrote a mail that somebody passed on."""

from __future__ import annotations

from email.message import EmailMessage
from email.policy import SMTP

import pytest

from ticketing.mail.forwards import forwarded_sender
from ticketing.mail.parse import parse_mail

GMAIL = """Please take this.

---------- Forwarded message ---------
From: Anna Berg <anna@customer.test>
Date: Thu, 26 Nov 2026 at 10:12
Subject: Broken lamp
To: Ines <ines@fernhollow.test>

The lamp does not work.
"""
OUTLOOK = """FYI

________________________________
Von: Berg, Anna [mailto:anna@customer.test]
Gesendet: Donnerstag, 26. November 2026 10:12
An: Ines Duarte
Betreff: Kaputte Lampe

Die Lampe geht nicht.
"""
APPLE = """Begin forwarded message:

> From: "Anna Berg" <anna@customer.test>
> Subject: Broken lamp
> Date: 26. November 2026 at 10:12:00 CET
> To: ines@fernhollow.test
>
> It does not work.
"""
FRENCH = """-------- Message transféré --------
Sujet : Lampe
Date : Thu, 26 Nov 2026 10:12:00 +0100
De : Anna Berg <anna@customer.test>
Pour : ines@fernhollow.test

La lampe.
"""
NO_ADDRESS = OUTLOOK.replace(" [mailto:anna@customer.test]", "")
PROSE = "From: the office of the mayor\n\nSee you there. Forwarded message follows.\n"


def letter(text: str, *, subject: str, attached: int = 0) -> bytes:
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["To"], mail["Subject"] = "ines@fernhollow.test", "support@fernhollow.test", subject
    mail.set_content(text)
    for _each in range(attached):
        inner = EmailMessage(policy=SMTP)
        inner["From"], inner["Subject"] = "Anna Berg <anna@customer.test>", "Broken lamp"
        inner.set_content("It does not work.")
        mail.add_attachment(inner)
    return mail.as_bytes()


@pytest.mark.parametrize(
    ("text", "subject", "attached", "sender"),
    [
        (GMAIL, "Fwd: Broken lamp", 0, "anna@customer.test"),
        (OUTLOOK, "WG: Kaputte Lampe", 0, "anna@customer.test"),
        (APPLE, "Fwd: Broken lamp", 0, "anna@customer.test"),
        (FRENCH, "TR: Lampe", 0, "anna@customer.test"),
        (GMAIL, "Broken lamp", 0, "anna@customer.test"),  # the mark says so
        (OUTLOOK, "Kaputte Lampe", 0, None),  # an answer that quotes looks the same
        (NO_ADDRESS, "WG: Kaputte Lampe", 0, None),
        (PROSE, "Fwd: Invitation", 0, None),
        ("See the attached mail.", "A mail", 1, "anna@customer.test"),
        ("See the attached mails.", "Fwd: Mails", 2, None),
        ("Nothing.", "Fwd: Nothing", 0, None),
    ],
)
def test_the_writer_is_found_where_it_is_said(text: str, subject: str, attached: int, sender: str | None) -> None:
    found = forwarded_sender(parse_mail(letter(text, subject=subject, attached=attached)))
    assert (found.address if found else None) == sender
