"""Out-of-office notes of the responders that people use, apart from receipts of shops and helpdesks."""

import pytest

from tests.ticketing.mail.letters import text_mail
from ticketing.mail.parse import parse_mail
from ticketing.mail.values import AutoKind

EXCHANGE = b"Auto-Submitted: auto-generated\r\nX-Auto-Response-Suppress: All\r\n"
GMAIL = b"Auto-Submitted: auto-replied\r\nPrecedence: bulk\r\nX-Autoreply: yes\r\n"
OLD_EXCHANGE = b"X-Auto-Response-Suppress: All\r\n"
SIEVE = b"Auto-Submitted: auto-replied (vacation)\r\n"
POSTFIXADMIN = b"X-Autorespond: Printer\r\nPrecedence: auto_reply\r\n"
BACK = "Please write to my colleague until the 12th."

NOTES = [
    (EXCHANGE, "Automatic reply: [#12] Printer", BACK),
    (OLD_EXCHANGE, "Automatische Antwort: [#12] Drucker", "Bitte wenden Sie sich an meine Kollegin."),
    (EXCHANGE, "Réponse automatique : Imprimante", "Merci d'écrire à ma collègue."),
    (EXCHANGE, "Risposta automatica: Stampante", "Scrivete al mio collega."),
    (EXCHANGE, "Automatiskt svar: Skrivare", "Skriv till min kollega."),
    (EXCHANGE, "Automatic reply: Your request was received", "I am out of the office."),
    (SIEVE, "Auto: Printer", BACK),
    (SIEVE, "Re: Printer", BACK),
    (GMAIL, "Re: [#12] Printer", "I am back on the 12th."),
    (GMAIL, "Re: [#12] Printer", "Hello,\nI am out of\nthe office with limited access to mail."),
    (GMAIL, "Re: Drucker", "Ich bin bis 12. März im Urlaub."),
    (GMAIL, "Re: Imprimante", "Je suis en congé jusqu'au 12."),
    (GMAIL, "Re: Impresora", "Estaré de vuelta el 12."),
    (GMAIL, "Re: Printer", "Back on Monday!"),
    (GMAIL, "Re: Impresora", "De vuelta el 12 de marzo."),
    (GMAIL, "Re: Impressora", "Estou de férias."),
    (GMAIL, "Re: Printer", "Ik ben tot maandag afwezig."),
    (GMAIL, "Re: プリンター", "12日まで休暇をいただいております。"),
    (POSTFIXADMIN, "Printer", "I'll be away until Monday."),
]
RECEIPTS = [
    (GMAIL, "Re: Order", "We got your order. We are closed on holidays and will get back to you."),
    (GMAIL, "Request 123", "Your request #123 was received. Out of office hours call 555."),
    (EXCHANGE, "Automatic reply: Order", "We have received your order and will be back with you soon."),
    (EXCHANGE, "Automatische Antwort: Anfrage", "Ihre Anfrage ist bei uns eingegangen."),
    (OLD_EXCHANGE, "Réponse automatique : x", "Nous avons reçu votre demande."),
    (b"", "Automatic reply: Printer", "Thank you for your message."),
    (GMAIL, "Re: Lamp", "Good news: your lamp is back on the way to you."),
    (POSTFIXADMIN, "Paket", "Bei Ihrer Abwesenheit liefern wir zum Nachbarn."),
    *(
        (EXCHANGE, subject, text)
        for subject, text in (
            ("Automatiskt svar: Lampa", "Tack! Vi har mottagit ditt ärende och återkommer."),
            ("Automatisk svar: Lampe", "Din henvendelse er modtaget."),
            ("Automatisk svar: Lampe", "Vi har mottatt din bestilling."),
            ("Automaattinen vastaus: Lamppu", "Olemme vastaanottaneet tukipyyntösi."),
            ("Odpowiedź automatyczna: Lampa", "Twoje zgłoszenie zostało przyjęte."),
            ("Automatická odpověď: Lampa", "Váš požadavek jsme přijali."),
            ("Automatická odpoveď: Lampa", "Vašu žiadosť sme zaregistrovali."),
            ("Automatikus válasz: Lámpa", "Megkaptuk a bejelentését."),
            ("Răspuns automat: Lampă", "Am primit solicitarea dumneavoastră."),
            ("Автоматический ответ: Лампа", "Ваша заявка зарегистрирована."),
            ("Автоматична відповідь: Лампа", "Ваше звернення отримано."),
            ("Автоматичен отговор: Лампа", "Получихме вашата поръчка."),
            ("Αυτόματη απάντηση: Λάμπα", "Λάβαμε το αίτημά σας."),
            ("Otomatik yanıt: Lamba", "Talebiniz alındı."),
            ("自動返信: ランプ", "お問い合わせを受け付けました。"),
            ("自动回复: 灯", "您的工单已收到。"),
            ("자동 회신: 램프", "문의가 접수되었습니다."),
            ("Trả lời tự động: Đèn", "Chúng tôi đã nhận yêu cầu của bạn."),
        )
    ),
]

# By language of the mailbox: what its Exchange puts before the subject, and how a person says it.
LANGUAGES = [
    ("Автоматична відповідь: Принтер", "Я у відпустці до 12 березня."),
    ("Αυτόματη απάντηση: Εκτυπωτής", "Είμαι εκτός γραφείου."),
    ("תשובה אוטומטית: מדפסת", "אני מחוץ למשרד."),
    ("رد تلقائي: طابعة", "أنا خارج المكتب."),
    ("Automatická odpoveď: Tlačiareň", "Som mimo kancelárie."),
    ("Automatski odgovor: Pisač", "Na godišnjem odmoru sam do ponedjeljka."),
    ("Автоматичен отговор: Принтер", "В отпуск съм до понеделник."),
    ("Trả lời Tự động: Máy in", "Tôi đang nghỉ phép."),
    ("Resposta automàtica: Impressora", "Soc fora de l’oficina."),
]


def automatic(headers: bytes, subject: str, text: str) -> AutoKind | None:
    """What the mail with these is taken for."""
    utf8 = b"Content-Type: text/plain; charset=utf-8\r\n"
    raw = text_mail(text.encode(), headers=headers + utf8).replace(b"Subject: s", b"Subject: " + subject.encode(), 1)
    return parse_mail(raw).automation.kind


@pytest.mark.req("S5.65", "F83")
@pytest.mark.parametrize(("headers", "subject", "text"), NOTES)
def test_an_out_of_office_note_is_known_by_what_its_responder_gives_away(
    headers: bytes, subject: str, text: str
) -> None:
    assert automatic(headers, subject, text) is AutoKind.VACATION


@pytest.mark.req("F83")
@pytest.mark.parametrize(("subject", "text"), LANGUAGES)
def test_notes_are_known_in_many_languages_by_prefix_and_by_words(subject: str, text: str) -> None:
    assert automatic(b"", subject, "x") is AutoKind.AUTO_REPLY
    assert automatic(EXCHANGE, subject, "x") is AutoKind.VACATION
    assert automatic(GMAIL, "Re: x", text) is AutoKind.VACATION


@pytest.mark.parametrize(("headers", "subject", "text"), RECEIPTS)
def test_a_receipt_is_an_automatic_reply_and_no_note_of_a_person_away(headers: bytes, subject: str, text: str) -> None:
    assert automatic(headers, subject, text) is AutoKind.AUTO_REPLY


@pytest.mark.parametrize(
    ("headers", "subject", "text", "kind"),
    [
        (b"", "Re: Printer", "I was on vacation, sorry for the late answer.", None),
        (OLD_EXCHANGE, "Re: Printer", "I am out of the office, but it still fails.", None),
        (b"Auto-Submitted: auto-generated\r\n", "Backup done", "host out of office", AutoKind.GENERATED),
        (b"Precedence: bulk\r\n", "News", "We are on vacation", AutoKind.LIST),
        (b"", "On vacation", "x", None),
        (b"", "Out of Office", "x", AutoKind.VACATION),
    ],
)
def test_words_alone_make_no_mail_automatic(headers: bytes, subject: str, text: str, kind: AutoKind | None) -> None:
    assert automatic(headers, subject, text) is kind


@pytest.mark.req("S5.65")
def test_the_words_of_the_mail_that_a_note_quotes_do_not_count() -> None:
    text = "We got your order.\n\nOn Mon, 2 Mar 2026 at 10:00, Help wrote:\n> I am on vacation until Monday.\n"
    assert automatic(GMAIL, "Re: Order", text) is AutoKind.AUTO_REPLY
