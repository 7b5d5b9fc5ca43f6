"""The dozen mails that a demonstration begins with: as varied as a morning's post."""

from __future__ import annotations

import struct
import zlib
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import cast

from helpdesk.lib import clock
from helpdesk.sandbox.accounts import SUPPORT

_FIRST = "first-stove@larkmoor.test"


def sample_mails() -> list[bytes]:
    """The mails in the order they are sent; the last but one answers the first."""
    return [
        _plain("Amara Okoye", "amara@larkmoor.test", "Stove valve hisses after first use", _STOVE, message_id=_FIRST),
        _html(),
        _plain("Jürgen Groß", "juergen@gross.test", "Rückfrage zur Lieferung – Maße?", _GERMAN, charset="iso-8859-1"),
        _plain("佐藤 美奈", "mina@sato.test", "テントの修理について", _JAPANESE, charset="iso-2022-jp"),
        _plain("ليلى حداد", "layla@haddad.test", "طلب استبدال الخيمة رقم 20877", _ARABIC),
        _with_files(),
        _with_inline_image(),
        _plain("", "no-reply@shop.test", "Your weekly sales figures", "Sales went up by 4 %.", auto="auto-generated"),
        _plain("Peter Nakamura", "peter@nakamura.test", "", "Sent from my phone. Where is my parcel? Order 20917."),
        _plain("Wren Castellan", "wren@castellan.test", "Invoice INV-3320 shows the wrong VAT number", _INVOICE),
        _plain(
            "Amara Okoye", "amara@larkmoor.test", "Re: Stove valve hisses after first use", _STOVE_AGAIN, answers=_FIRST
        ),
        _plain("Lucía Ferrer", "lucia@ferrer.test", "Change the delivery address before it ships?", _ADDRESS),
    ]


def _base(name: str, address: str, subject: str, *, message_id: str = "") -> EmailMessage:
    mail = EmailMessage()
    local, _, domain = address.partition("@")
    mail["From"] = Address(name, local, domain)
    mail["To"] = SUPPORT
    if subject:
        mail["Subject"] = subject
    mail["Date"] = format_datetime(clock.now())
    mail["Message-ID"] = (
        f"<{message_id or f'{local}.{abs(hash(subject)) % 10**8}.{int(clock.now().timestamp())}@{domain}'}>"
    )
    return mail


def _plain(
    name: str,
    address: str,
    subject: str,
    text: str,
    *,
    charset: str = "utf-8",
    message_id: str = "",
    answers: str = "",
    auto: str = "",
) -> bytes:
    mail = _base(name, address, subject, message_id=message_id)
    if answers:
        mail["In-Reply-To"] = mail["References"] = f"<{answers}>"
    if auto:
        mail["Auto-Submitted"] = auto
    mail.set_content(text, charset=charset)
    return mail.as_bytes(policy=SMTP)


def _html() -> bytes:
    mail = _base("Daniel Voss", "daniel@voss.test", "Refund for order 20917 still not received")
    mail.set_content("It has been nine working days since you confirmed the refund.\n")
    mail.add_alternative(
        "<p>Hello,</p><p>It has been <b>nine working days</b> since you confirmed the refund.</p>"
        "<ul><li>Order 20917</li><li>Confirmed on the 9th</li></ul><p>Daniel</p>"
        '<img src="https://tracker.voss.test/open.gif" width="1" height="1">',
        subtype="html",
    )
    return mail.as_bytes(policy=SMTP)


def _with_files() -> bytes:
    mail = _base("Sunniva Holt", "sunniva@holt.test", "Two parcels sent, only one arrived")
    mail.set_content(
        "The tracking says both were delivered at 11:20. See the files.\n\n-- \nSunniva Holt\nHolt Outdoor AS\n"
    )
    mail.add_attachment(
        b"parcel,status\n1,delivered\n2,unknown\n", maintype="text", subtype="csv", filename="tracking.csv"
    )
    mail.add_attachment(_picture(), maintype="image", subtype="png", filename="døråpning.png")
    return mail.as_bytes(policy=SMTP)


def _picture() -> bytes:
    """Green cloth with a wet spot, as a PNG (RFC 2083) of 320 by 180."""
    width, height = 320, 180
    cloth, wet = bytes((94, 125, 88)), bytes((52, 78, 60))

    def row(y: int) -> bytes:
        return b"".join(wet if (x - 190) ** 2 / 70**2 + (y - 95) ** 2 / 45**2 < 1 else cloth for x in range(width))

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = b"".join(b"\0" + row(y) for y in range(height))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def _with_inline_image() -> bytes:
    mail = _base("Ren Takeda", "ren@takeda.test", "Can the Ridge 3 tent be re-proofed?")
    mail.set_content("It starts to soak through here: [image]\n")
    mail.add_alternative(
        '<p>It starts to soak through here:</p><p><img src="cid:spot" alt="wet spot"></p>', subtype="html"
    )
    html = cast("list[EmailMessage]", mail.get_payload())[1]
    html.add_related(_picture(), maintype="image", subtype="png", cid="<spot>", filename="spot.png")
    return mail.as_bytes(policy=SMTP)


_STOVE = """Hello,

our new Tarn 2 hisses at the valve after the first use. Is it safe to go on using it?

Amara
"""
_STOVE_AGAIN = """It's the same hiss on the second canister, so I've stopped using it. The batch code is 24-07-B.

Amara

On Monday Amara Okoye wrote:
> our new Tarn 2 hisses at the valve after the first use.
"""
_GERMAN = """Guten Tag,

welche Maße hat die große Plane? Für den Anhänger brauche ich 2,10 m Länge.

Mit Grüßen
Jürgen Groß
"""
_JAPANESE = "お世話になっております。\nテントのポールが折れました。修理できますか。\n\n佐藤\n"
_ARABIC = "السلام عليكم،\nوصلت الخيمة وبها تمزق صغير عند السحاب الأمامي. هل يمكن استبدالها؟\nليلى\n"
_INVOICE = "Could you re-issue it with the registration number GB 123 4567 89?\n\nWren\n"
_ADDRESS = "I've just noticed I used my old flat. The new one is Calle Mayor 4, 2º B.\n\nLucía\n"
