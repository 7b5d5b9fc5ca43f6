"""Subjects as responders write them, in many languages, and the same words in the mails of people."""

import pytest

from tests.ticketing.mail.letters import mixed_mail, text_mail
from ticketing.mail.automatic_words import is_automatic_subject
from ticketing.mail.parse import parse_mail
from ticketing.mail.values import AutoKind

ANSWER = b"In-Reply-To: <o1@acme.example>\r\n"
NOTICE = (
    b"Content-Type: message/disposition-notification\r\n\r\nDisposition: manual-action/MDN-sent-manually; displayed\r\n"
)
RECEIPT = b'Content-Type: multipart/report; report-type=disposition-notification; boundary="=_r"\r\n\r\n--=_r\r\n'


def kind_of(subject: str, text: str, headers: bytes = b"") -> AutoKind | None:
    """What the mail with these is taken for."""
    utf8 = b"Content-Type: text/plain; charset=utf-8\r\n"
    raw = text_mail(text.encode(), headers=headers + utf8).replace(b"Subject: s", b"Subject: " + subject.encode(), 1)
    return parse_mail(raw).automation.kind


@pytest.mark.req("F83")
@pytest.mark.parametrize(
    "subject",
    [
        "Automatic reply: Printer",
        "Out of Office",
        "Out of office - Ann Lee",
        "Out of Office Re: Printer",
        "[helpdesk #12] AutoReply: Printer",
        "[Auto-Reply] Printer",
        "Yahoo! Auto Response",
        "On vacation",
        "AUTO: Ann Lee is out of the office (returning 11/12/2026)",
        "AUTO: Ann Lee ist außer Haus (Rückkehr am 12.11.2026)",
        "Abwesenheitsnotiz / Out of office",
        "Automatische Abwesenheitsnachricht",
        "Message d'absence : Imprimante",
        "Mensaje de ausencia: Impresora",
        "Mensagem de ausência: Impressora",
        "Messaggio di assenza: Stampante",
        "Afwezigheidsbericht: Printer",
        "Frånvaromeddelande: Skrivare",
        "Fraværsmelding: Skriver",
        "Poissaoloviesti: Tulostin",
        "Nieobecność w biurze: Drukarka",
        "Nepřítomnost: Tiskárna",
        "Házon kívül: Nyomtató",
        "Автоответ: Принтер",
        "Automaatvastus: Printer",
        "Automatinis atsakymas: Spausdintuvas",
        "Automātiska atbilde: Printeris",
        "Samodejni odgovor: Tiskalnik",
        "תגובה אוטומטית: מדפסת",
        "الرد التلقائي: طابعة",
        "ตอบกลับอัตโนมัติ: x",
        "Balasan otomatis: Printer",
        "自動回覆: 印表機",
        "자동 회신: 프린터",
        "不在通知: プリンター",
        "【自動返信】プリンター",
        "부재중 자동응답: 프린터",
        "Afwezig: Printer",
        "Autoreply from ann@customer.example",
        "Auto Reply Message",
        "外出中自动回复: 打印机",
        "Tự động trả lời: Máy in",
        "Automatische Antwort auf: Drucker",
        "Réponse automatique d'absence : Imprimante",
        "Ausência do escritório: Impressora",
        "Frånvarande: Skrivare",
        "Absence Re: Printer",
    ],
)
def test_the_subject_of_a_responder_is_known_in_its_language(subject: str) -> None:
    assert is_automatic_subject(subject)


@pytest.mark.req("F83")
@pytest.mark.parametrize(
    "subject",
    [
        "Out of office message does not work",
        "I am away next week, please call before",
        "I am out of paper",
        "On vacation rental deposits",
        "On vacation: cancel my order",
        "Autoresponder of our shop",
        "Auto: engine does not start",
        "Automatic door broken",
        "Abwesenheitsassistent einrichten",
        "Absence de réponse",
        "Fuera de servicio",
        "Fuori garanzia?",
        "Re: Automatic reply: Printer",
        "AW: Automatische Antwort: Drucker",
        "自动门坏了",
        "Nicht im Haus",
        "Absence",
        "Abwesend am Montag",
    ],
)
def test_the_same_words_in_a_sentence_are_a_persons(subject: str) -> None:
    assert not is_automatic_subject(subject)
    assert kind_of(subject, "Can you help?", b"X-Mailer: Thunderbird\r\nAuto-Submitted: no\r\n") is None


@pytest.mark.req("F83")
@pytest.mark.parametrize(
    ("headers", "subject", "text"),
    [
        (b"Return-Path: <>\r\n", "Re: Printer", "I am out of the office."),
        (ANSWER + b"Return-Path: <>\r\n", "Printer", "Ich bin im Urlaub."),
        (b"Auto-Submitted: auto-generated\r\n", "Re: Printer", "I'm on leave this week."),
        (b"Auto-Submitted: auto-generated\r\n", "Printer (Out of office)", "Back on Monday."),
        (b"X-Auto-Response-Suppress: All\r\n", "Ann Lee is out of the office", "Back on Monday."),
        (b"X-MDAutoresponder: yes\r\n", "Printer", "Back on Monday."),
        (b"X-Mail-Auto-Reply: true\r\n", "Printer", "Back on Monday."),
        (b"X-Mailer: SomeAutoResponder 2\r\n", "Printer", "Back on Monday."),
    ],
)
def test_words_of_absence_count_where_headers_speak_for_a_program(headers: bytes, subject: str, text: str) -> None:
    assert kind_of(subject, text, headers) is AutoKind.VACATION


@pytest.mark.parametrize(
    ("headers", "subject", "text"),
    [
        (b"X-Auto-Response-Suppress: All\r\n", "Re: Printer", "I am out of the office, but it still fails."),
        (b"Return-Path: <>\r\n", "Printer", "I am out of the office, please come tomorrow."),
        (b"Return-Path: <>\r\n", "Re: Printer", "It still fails."),
        (b"X-Autoresponse: no\r\nX-Mailer: Outlook\r\n", "Re: Holiday hours", "Are you open?"),
        (
            b"Auto-Submitted: auto-forwarded\r\nX-MS-Exchange-Generated-Message-Source: Mailbox Rules Agent\r\n",
            "Printer",
            "It is broken.",
        ),
    ],
)
def test_people_who_write_of_absence_are_no_programs(headers: bytes, subject: str, text: str) -> None:
    assert kind_of(subject, text, headers) is None


def test_a_list_that_tells_of_an_absence_stays_a_list() -> None:
    headers = b"List-Id: <a.example>\r\nReturn-Path: <>\r\n"
    assert kind_of("Re: Holidays", "I am on holiday.", headers) is AutoKind.LIST


@pytest.mark.req("F89")
@pytest.mark.parametrize("kind", [b"signed", b"mixed"])
def test_a_receipt_below_a_signature_or_before_a_footer_is_one(kind: bytes) -> None:
    inner = RECEIPT + NOTICE + b"--=_r--\r\n"
    footer = b"Content-Type: text/plain\r\n\r\n-- \r\nScanned.\r\n"
    assert parse_mail(mixed_mail(inner, footer, kind=kind)).automation.kind is AutoKind.READ_RECEIPT
