"""The folders of an account, and which of them holds sent mail, and which spam."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from mailboxes.connectors.base import FolderInfo

SPECIAL_USES = frozenset({"sent", "junk", "trash", "drafts", "archive", "all"})  # RFC 6154

# Names that mail programs and servers give the folder in many languages, case-folded.
_SENT_NAMES = frozenset(
    name.casefold()
    for name in (
        "Sent", "Sent Items", "Sent Messages", "Sent Mail", "Sent-Mail", "OUTBOX.Sent",
        "Gesendet", "Gesendete Objekte", "Gesendete Elemente", "Gesendete Nachrichten", "Postausgang gesendet",
        "Envoyés", "Éléments envoyés", "Messages envoyés", "Courrier envoyé",
        "Enviados", "Elementos enviados", "Mensajes enviados", "Correo enviado",
        "Itens enviados", "Itens Enviados", "Mensagens enviadas", "E-mails enviados",
        "Inviati", "Posta inviata", "Elementi inviati", "Messaggi inviati",
        "Verzonden", "Verzonden items", "Verzonden berichten", "Verzonden objecten",
        "Skickat", "Skickade", "Skickade objekt", "Sendt", "Sendte", "Sendt post", "Sendte elementer", "Sendt e-mail",
        "Lähetetyt", "Lähetetyt viestit", "Saadetud", "Saadetud üksused", "Nosūtītie", "Išsiųsta",
        "Wysłane", "Elementy wysłane", "Odeslané", "Odeslaná pošta", "Odoslané", "Odoslaná pošta", "Elküldött elemek",
        "Elküldött", "Trimise", "Elemente trimise", "Mesaje trimise", "Изпратени", "Отправленные", "Надіслані",
        "Απεσταλμένα", "Gönderilmiş Öğeler", "Gönderilenler", "Gönderilmiş Postalar", "Poslano", "Poslane stavke",
        "送信済み", "送信済みアイテム", "送信済みメール", "已发送", "已发送邮件", "已傳送的郵件", "寄件備份",
        "보낸 편지함", "보낸편지함", "보낸 메일함",
        "العناصر المرسلة", "المرسلة", "פריטים שנשלחו",
    )
)  # fmt: skip


_JUNK_NAMES = frozenset(
    name.casefold()
    for name in (
        "Junk", "Junk E-mail", "Junk Email", "Junk Mail", "Spam", "Bulk", "Bulk Mail", "Quarantine",
        "Spamverdacht", "Junk-E-Mail", "Spam-Verdacht", "Unerwünscht", "Unerwünschte Werbung", "Werbung",
        "Courrier indésirable", "Indésirables", "Pourriel", "Spams", "Correo no deseado", "Correo basura",
        "No deseado", "Lixo eletrônico", "Lixo electrónico", "Lixo Eletrónico", "Posta indesiderata",
        "Indesiderata", "Ongewenste e-mail", "Ongewenst", "Reclame", "Skräppost", "Skräp", "Søppelpost",
        "Uønsket e-mail", "Uønsket post", "Roskaposti", "Rämpspost", "Mēstules", "Nepageidaujamas paštas",
        "Wiadomości-śmieci", "Niechciane", "Nevyžádaná pošta", "Nevyžiadaná pošta", "Levélszemét",
        "E-mail nedorit", "Mesaje nedorite", "Нежелана поща", "Нежелательная почта", "Спам", "Небажана пошта",
        "Ανεπιθύμητη αλληλογραφία", "Ανεπιθύμητα", "Önemsiz", "Önemsiz E-posta", "İstenmeyen", "Vsiljena pošta",
        "Neželjena pošta", "迷惑メール", "垃圾邮件", "垃圾郵件", "정크 메일", "스팸 메일함", "스팸메일함",
        "البريد غير الهام", "דואר זבל",
    )
)  # fmt: skip


def folder_info(flags: Sequence[bytes], delimiter: bytes | None, name: str) -> FolderInfo:
    """One answer to LIST in our words."""
    words = {flag.decode("ascii", "replace").removeprefix("\\").lower() for flag in flags if isinstance(flag, bytes)}
    uses = words & SPECIAL_USES
    return FolderInfo(
        name=name,
        delimiter=delimiter.decode("ascii", "replace") if delimiter else "",
        special_use=min(uses) if uses else "",
        selectable=not words & {"noselect", "nonexistent"},
    )


def sent_folder(folders: Sequence[FolderInfo]) -> FolderInfo | None:
    """The folder of sent mail: by special use, else by its last name part, the one nearest to the root first (F108)."""
    return _used_for(folders, "sent", names=_SENT_NAMES)


def junk_folder(folders: Sequence[FolderInfo]) -> FolderInfo | None:
    """The folder for spam, found in the same way."""
    return _used_for(folders, "junk", names=_JUNK_NAMES)


def _used_for(folders: Sequence[FolderInfo], use: str, *, names: Collection[str]) -> FolderInfo | None:
    usable = [folder for folder in folders if folder.selectable]
    for folder in usable:
        if folder.special_use == use:
            return folder
    named = [folder for folder in usable if _last_part(folder).casefold() in names]
    return min(named, key=lambda folder: (_depth(folder), folder.name), default=None)


def _last_part(folder: FolderInfo) -> str:
    return folder.name.rsplit(folder.delimiter, 1)[-1] if folder.delimiter else folder.name


def _depth(folder: FolderInfo) -> int:
    return folder.name.count(folder.delimiter) if folder.delimiter else 0
