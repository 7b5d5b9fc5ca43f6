"""Subjects as responders write them, in many languages, and the same words in the mails of people."""

import pytest

from tests.ticketing.mail.letters import mixed_mail, text_mail
from ticketing.mail.automatic_words import is_automatic_subject, is_like_automatic_subject
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
        "Out of Office Re: Printer",
        "[helpdesk #12] AutoReply: Printer",
        "[Auto-Reply] Printer",
        "Yahoo! Auto Response",
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
        "Poissaoloviesti: Tulostin",
        "Nieobecność w biurze: Drukarka",
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
        "【自動返信】プリンター",
        "부재중 자동응답: 프린터",
        "Autoreply from ann@customer.example",
        "Auto Reply Message",
        "外出中自动回复: 打印机",
        "Tự động trả lời: Máy in",
        "Automatische Antwort auf: Drucker",
        "Réponse automatique d'absence : Imprimante",
        "Ausência do escritório: Impressora",
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
    assert not is_like_automatic_subject(subject)
    assert kind_of(subject, "Can you help?", b"X-Mailer: Thunderbird\r\nAuto-Submitted: no\r\n") is None


BY_PEOPLE = [
    ("Absence: Tom Miller, class 4b", "Tom has a cold and stays at home today."),
    ("Absence: Tom Miller", "My son is on sick leave until Friday."),
    ("Absence notice: Tom", "Tom Miller, 4b, on medical leave."),
    ("Abwesenheit: Krankmeldung", "Die Krankmeldung liegt bei."),
    ("Abwesenheit: Tom", "Hiermit melde ich Tom für heute abwesend."),
    ("Abwesenheitsmeldung: Jana Kern", "Jana ist heute abwesend, sie hat Fieber."),
    ("Avis d'absence : Léa, classe 4b", "Ma fille est absente jusqu'à jeudi."),
    ("Ausencia: factura de marzo", "Falta la factura de marzo."),
    ("Notificación de ausencia: Pedro", "Pedro está de vacaciones esta semana."),
    ("Assenza: certificato medico", "Allego il certificato."),
    ("Fravær: Ola Nordmann", "Ola er syk og kommer ikke i dag."),
    ("Nieobecność w pracy: wniosek", "W załączniku wniosek."),
    ("Отсутствие: справка", "Справка во вложении."),
    ("Vacation notice", "When do you want to know of holidays?"),
    ("Vacation notice", "I was on vacation and found your parcel."),
    ("Absence notice", "Please find the form attached."),
    ("On vacation", "Please stop the delivery until the 12th."),
    ("Out of office - how do I set it?", "I look for the button. What happens if I am on leave?"),
    ("Out of office (calendar)", "The colour is wrong."),
    ("Automatic reply (settings)", "Where are they?"),
    ("Automatische Antwort - wo stelle ich sie ein?", "Ich finde es nicht."),
    ("Autoresponder", "Ours sends ten mails a day."),
    ("Автоответчик", "Как его включить?"),
    ("不在通知", "荷物の再配達をお願いします。"),
    ("不在通知", "ご不在にしていたと言われました。"),
]
WITH_WORDS = [
    ("Absence: Printer", "I am out of the office until 12 May."),
    ("Absence: Printer", "Hello,\n\nI am out of\nthe office."),
    ("Vacation notice", "Back on Monday."),
    ("Out of office - Ann Lee", "Our shop moves, and I will be on vacation until Monday."),
    ("On vacation", "I'll be away until Monday."),
    ("OOO: Printer", "OOO until 12 May"),
    ("Abwesenheit: Drucker", "Bin weg"),
    ("Abwesend: Drucker", "Ich bin bis 12.05. nicht im Büro."),
    ("Abwesend: Drucker", "Ich bin vom 3. bis 7. Mai im Urlaub."),
    ("Avis d'absence : Imprimante", "Je suis en congé jusqu'au 12."),
    ("Ausencia: Impresora", "Estoy de vacaciones hasta el lunes."),
    ("Assente: Stampante", "Sono in ferie."),
    ("Afwezig: Printer", "Ik ben met verlof."),
    ("Frånvarande: Skrivare", "Jag är på semester."),
    ("Fraværsmelding: Skriver", "Jeg er på ferie."),
    ("Nepřítomnost: Tiskárna", "Jsem na dovolené do pondělí."),
    ("不在通知: プリンター", "12日まで不在にしております。"),
]


@pytest.mark.req("F83")
@pytest.mark.parametrize(("subject", "text"), BY_PEOPLE)
def test_a_subject_that_people_write_too_makes_no_mail_automatic_by_itself(subject: str, text: str) -> None:
    assert kind_of(subject, text) is None
    assert kind_of(subject, text, b"X-Mailer: Thunderbird\r\nAuto-Submitted: no\r\n") is None
    assert is_like_automatic_subject(subject)
    assert kind_of(subject, text, ANSWER) in (AutoKind.AUTO_REPLY, AutoKind.VACATION)


@pytest.mark.req("F83")
@pytest.mark.parametrize(("subject", "text"), WITH_WORDS)
def test_such_a_subject_counts_where_the_writer_tells_of_being_away(subject: str, text: str) -> None:
    assert kind_of(subject, text) is AutoKind.VACATION
    assert kind_of(subject, "Printer.") is None


@pytest.mark.req("F83")
@pytest.mark.parametrize(
    ("headers", "subject"),
    [
        (b"", "Absence: Re: Printer"),
        (b"", "Abwesenheit: AW: Drucker"),
        (b"", "OOO Re: [#12] Printer"),
        (b"References: <o1@acme.example>\r\n", "Absence: Printer"),
        (b"Return-Path: <>\r\n", "Vacation notice"),
        (b"X-Auto-Response-Suppress: All\r\n", "Out of office - Ann Lee"),
        (b"Precedence: bulk\r\n", "Abwesend: Drucker"),
        (b"Auto-Submitted: auto-generated\r\n", "Frånvarande: Skrivare"),
        (b"X-Loop: ann@customer.example\r\n", "Afwezig: Printer"),
    ],
)
def test_such_a_subject_counts_with_the_answered_mail_or_a_header_of_a_program(headers: bytes, subject: str) -> None:
    assert kind_of(subject, "Printer.", headers) is AutoKind.VACATION


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
    assert kind_of("Absence: Tom", "He is ill.", headers) is AutoKind.LIST
    assert kind_of("Absence: Tom", "He is ill.", b"Precedence: list\r\nX-Loop: a@x.example\r\n") is AutoKind.LIST
    assert kind_of("Re: Holidays", "I am on holiday.", headers) is AutoKind.LIST


@pytest.mark.req("F89")
@pytest.mark.parametrize("kind", [b"signed", b"mixed"])
def test_a_receipt_below_a_signature_or_before_a_footer_is_one(kind: bytes) -> None:
    inner = RECEIPT + NOTICE + b"--=_r--\r\n"
    footer = b"Content-Type: text/plain\r\n\r\n-- \r\nScanned.\r\n"
    assert parse_mail(mixed_mail(inner, footer, kind=kind)).automation.kind is AutoKind.READ_RECEIPT
