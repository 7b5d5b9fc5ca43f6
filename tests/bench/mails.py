"""The deterministic mailbox that speed is measured on: 72% plain, 18% with attachments, 10% replies, ten charsets."""

from __future__ import annotations

from collections.abc import Iterator
from email.header import Header
from email.message import Message
from email.mime.application import MIMEApplication
from email.mime.image import MIMEImage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.utils import formataddr
from random import Random

SEED = 20261121
CHARSETS = {
    "utf-8": "Ärger mit der Lieferung, żółty wąż, 修理してください",
    "iso-8859-1": "Größe und Maße fehlen, déjà reçu",
    "iso-8859-15": "Preis 12 € für die Hülle, œuvre",
    "windows-1252": "Quotes “here” and there – naïve",
    "windows-1251": "Палатка порвалась после первого похода",
    "koi8-r": "Когда придёт моя посылка",
    "iso-8859-2": "Żółta kurtka przyszła rozdarta",
    "gb18030": "帐篷的支架断了，可以修理吗",
    "iso-2022-jp": "テントのポールが折れました",
    "big5": "帳篷的支架斷了可以修理嗎",
}
WORDS = (
    "order parcel tent stove valve refund invoice address delivery canister pole zip proof loan workshop batch "
    "number yesterday tomorrow please thanks question answer again still arrived missing broken photo receipt"
).split()


def mails(count: int = 2000, *, seed: int = SEED) -> Iterator[bytes]:
    """`count` mails, the same ones every time for the same seed; 2,000 are about 110 MB."""
    random = Random(seed)
    ids: list[str] = []
    for number in range(count):
        kind = random.random()
        message_id = f"bench.{seed}.{number}.{random.getrandbits(48):x}@customers.test"
        if kind < 0.72 or not ids:
            mail: Message = _plain(random)
        elif kind < 0.90:
            mail = _with_attachments(random)
        else:
            mail = _reply(random, answers=random.choice(ids[-50:]))
        _address(mail, random, number=number, message_id=message_id)
        ids.append(message_id)
        yield mail.as_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def large_mail(size_bytes: int) -> bytes:
    """One mail of about `size_bytes`, nearly all of it one attachment."""
    random = Random(SEED)
    mail = MIMEMultipart()
    mail.attach(MIMEText("See the recording.\n", "plain", "utf-8"))
    mail.attach(MIMEApplication(random.randbytes(size_bytes * 54 // 74), Name="recording.bin"))
    _address(mail, random, number=0, message_id="large.1@customers.test")
    return mail.as_bytes().replace(b"\n", b"\r\n")


def _text(random: Random, charset: str, size: int) -> str:
    lines, total = [], 0
    while total < size:
        line = " ".join(random.choices(WORDS, k=random.randint(6, 14)))
        if random.random() < 0.25:
            line += ". " + CHARSETS[charset]
        lines.append(line)
        total += len(line) + 2
    return "\n".join(lines) + "\n\n-- \n" + "Somebody Somewhere\nCustomer of yours\n"


def _plain(random: Random) -> Message:
    charset = random.choice(list(CHARSETS))
    return MIMEText(_text(random, charset, random.randint(2200, 5200)), "plain", charset)


def _with_attachments(random: Random) -> Message:
    mail = MIMEMultipart("mixed")
    body = MIMEMultipart("alternative")
    text = _text(random, "utf-8", random.randint(1500, 4000))
    body.attach(MIMEText(text, "plain", "utf-8"))
    paragraphs = "".join(f"<p>{line}</p>" for line in text.splitlines())
    body.attach(MIMEText(f"<html><body>{paragraphs}</body></html>", "html", "utf-8"))
    mail.attach(body)
    for number in range(random.choice((1, 1, 2))):
        content = random.randbytes(random.randint(20_000, 300_000))
        if random.random() < 0.5:
            part: Message = MIMEImage(content, "jpeg")
            part.add_header("Content-Disposition", "attachment", filename=f"photo-{number}.jpg")
        else:
            part = MIMEApplication(content, "pdf")
            part.add_header("Content-Disposition", "attachment", filename=("utf-8", "", f"Beleg-für-{number}.pdf"))
        mail.attach(part)
    return mail


def _reply(random: Random, *, answers: str) -> Message:
    text = _text(random, "utf-8", 600) + "\nOn Monday Support wrote:\n"
    quoted = "\n".join(f"> {line}" for line in _text(random, "utf-8", 2000).splitlines())
    mail = MIMEText(text + quoted + "\n", "plain", "utf-8")
    mail["In-Reply-To"] = f"<{answers}>"
    mail["References"] = f"<{answers}>"
    return mail


def _address(mail: Message, random: Random, *, number: int, message_id: str) -> None:
    charset = random.choice(("utf-8", "iso-8859-1", "utf-8"))
    name = str(Header("Jürgen Müller" if number % 3 else "Amara Okoye", charset))
    mail["From"] = formataddr((name, f"customer{number % 700}@customers.test"))
    mail["To"] = "support@bench.test"
    mail["Subject"] = Header(f"{' '.join(random.choices(WORDS, k=5))} – {number}", "utf-8")
    mail["Message-ID"] = f"<{message_id}>"
    mail["Date"] = f"Sat, 21 Nov 2026 {number // 3600 % 24:02}:{number // 60 % 60:02}:{number % 60:02} +0000"
    for hop in range(3):
        mail["Received"] = f"from relay{hop}.test by mx{hop}.test with ESMTPS id {random.getrandbits(60):x}"
