"""Bounces of systems that send no report, in the languages they write; and people who write about such bounces."""

import pytest

from tests.ticketing.mail.letters import mixed_mail, text_mail
from ticketing.mail.bounce_signs import Letter
from ticketing.mail.bounce_text import recipients_in_text
from ticketing.mail.parse import parse_mail
from ticketing.mail.values import Bounce

GONE = "gone@far.example"
POSTMASTER = "Return-Path: <>\r\nFrom: postmaster@far.example\r\n"
DAEMON = "From: MAILER-DAEMON@far.example\r\n"
NOBODY = "From: <>\r\n"
LOST = "Your mail cannot be delivered to the following address(es):"
PERSON = "From: Ann Lee <ann@customer.example>\r\n"
STATUS = (
    f"Reporting-MTA: dns; far.example\r\n\r\nFinal-Recipient: rfc822; {GONE}\r\nAction: failed\r\nStatus: 5.1.1\r\n"
)
ORIGINAL = f"Content-Type: message/rfc822\r\n\r\nTo: {GONE}\r\nMessage-ID: <o1@acme.example>\r\n\r\nHello\r\n"


def bounce_of(head: str, subject: str, text: str, *, kind: str = "text/plain") -> Bounce | None:
    """What the mail with these is taken for."""
    raw = f"{head}To: help@acme.example\r\nSubject: {subject}\r\nContent-Type: {kind}; charset=utf-8\r\n\r\n{text}"
    return parse_mail(raw.encode()).bounce


@pytest.mark.req("S4.36", "F88")
@pytest.mark.parametrize(
    ("subject", "words"),
    [
        ("Unzustellbar: x", "Folgende Empfänger wurden nicht erreicht:"),
        ("Nachricht nicht zugestellt", "Das Postfach ist voll:"),
        ("Non remis : x", "Impossible de joindre le destinataire suivant :"),
        ("Message non distribué", "Votre message n'a pas pu être remis :"),
        ("No se puede entregar: x", "No se pudo localizar a los destinatarios:"),
        ("Correo devuelto", "Su mensaje no pudo ser entregado:"),
        ("Mancata consegna", "Il messaggio non ha potuto essere consegnato:"),
        ("Não foi possível entregar: x", "Não foi possível alcançar o destinatário:"),
        ("Niet bezorgd: x", "De volgende geadresseerden konden niet worden bereikt:"),
        ("Kan inte levereras: x", "Ditt meddelande nådde inte mottagaren:"),
        ("Kan ikke leveres: x", "Meddelelsen kunne ikke leveres:"),
        ("Toimittamaton: x", "Viestiä ei voitu toimittaa:"),
        ("Niedostarczone: x", "Wiadomość nie została dostarczona:"),
        ("Nedoručitelné: x", "Zprávu nelze doručit:"),
        ("Kézbesíthetetlen: x", "Az üzenetet nem sikerült kézbesíteni:"),
        ("Nelivrabil: x", "Mesajul nu a putut fi livrat:"),
        ("Teslim edilemedi: x", "İleti teslim edilemedi:"),
        ("Не удалось доставить: x", "Письмо не может быть доставлено:"),
        ("Не вдалося доставити: x", "Лист не доставлено:"),
        ("Αδύνατη η παράδοση: x", "Το μήνυμα δεν παραδόθηκε:"),
        ("לא ניתן למסור: x", "ההודעה לא נמסרה:"),
        ("تعذر التسليم: x", "لم يتم تسليم الرسالة:"),
        ("未送达: x", "无法联系到以下收件人:"),
        ("配信不能: x", "メールを配信できませんでした。"),
        ("Considered UNSOLICITED BULK EMAIL, apparently from you", "Delivery of the email was stopped!"),
        ("Mancata consegna", 'Il messaggio destinato all\'utente "gone@far.example" è stato rifiutato:'),
        ("FAILED MAIL to you", "Unable to deliver:"),
        ("발송실패", "메일 발송에 실패하였습니다."),
    ],
)
def test_a_bounce_without_a_report_is_known_in_the_language_of_its_server(subject: str, words: str) -> None:
    text = f"{words}\r\n\r\n    {GONE} 2026-11-02 10:01\r\n"
    bounce = bounce_of(POSTMASTER, subject, text)
    assert bounce is not None
    assert (bounce.recipients, bounce.permanent) == ((GONE,), True)


@pytest.mark.req("F88")
@pytest.mark.parametrize(
    ("head", "subject", "text"),
    [
        (PERSON, "Undeliverable parcel", "The parcel could not be delivered, the address does not exist."),
        (PERSON, "Fwd: Undelivered Mail Returned to Sender", f"What is this?\r\n\r\n<{GONE}>: 550 5.1.1 User unknown"),
        (PERSON, "[EXTERN] WG: Unzustellbar: x", f"Wohin soll ich schreiben?\r\n<{GONE}>: 550 5.1.1 User unknown"),
        (PERSON, "I: Mancata consegna", f"Cosa faccio?\r\n<{GONE}>: 550 5.1.1 User unknown"),
        (PERSON, "Delivery failed", "The courier says delivery failed, address unknown. I have 550 boxes here."),
        (PERSON, "Delivery failure", "My delivery failed: the address does not exist, they say."),
        ("From: System Administrator <it@far.example>\r\n", "Mail delivery problem", "Mails fail: does not exist."),
        (PERSON + "Auto-Submitted: auto-generated\r\n", "Undeliverable parcel", "It could not be delivered to me."),
        (PERSON, "Mail delivery failed to my customer", "For bob@far.example it says: mailbox unavailable. Why?"),
        (PERSON, "Unzustellbar: warum?", "Meine Mail an bob@far.example kommt als unzustellbar zurück, 550 5.1.1."),
        (PERSON, "User unknown", f"When I log in with {GONE} I get: user unknown."),
        (PERSON, "Mail delivery to your domain", f"Your server answers 450 4.7.1 for {GONE}: user unknown."),
        ("From: Bea Bounce <bea@castles.example>\r\n", "Bounce castle", "For 550 guests, the address does not exist."),
        ("From: Karl <postmaster@far.example>\r\n", "Your SPF record", "We reject your mails, please mend it."),
    ],
)
def test_a_person_who_writes_about_a_bounce_gets_a_ticket(head: str, subject: str, text: str) -> None:
    assert bounce_of(head, subject, text) is None


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("Successful Mail Delivery Report", f"Delivery to the following recipients was relayed:\r\n\r\n  {GONE}\r\n"),
        ("Delivery Status Notification (Relay)", f"Delivery to the following recipients was relayed:\r\n\r\n  {GONE}"),
        ("Delivered: Backup", f"Your message was delivered to {GONE}.\r\nNotices of mail delivery errors may follow."),
        ("Delivery Status Notification (Success)", f"<{GONE}>: 250 2.1.5 Ok, by 10.4.1.9, Exim 4.94.2, 512 bytes"),
        (
            "Delivery Status Notification (Success)",
            f"<{GONE}>: relayed\r\n\r\n--- Copy of your message ---\r\n\r\n550 boxes could not be delivered.",
        ),
    ],
)
@pytest.mark.parametrize("head", [DAEMON, NOBODY])
def test_good_news_without_a_report_is_no_bounce(head: str, subject: str, text: str) -> None:
    assert bounce_of(head, subject, text) is None


@pytest.mark.req("F88")
@pytest.mark.parametrize("head", [DAEMON, POSTMASTER, NOBODY])
@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("Undeliverable: Backup (success) [#11]", f"<{GONE}>: 550 5.1.1 user unknown"),
        ("Undeliverable: Delivery Status Notification (Success)", f"<{GONE}>: 550 5.1.1 user unknown"),
        ("Delivered? no: your order of mail bags", f"<{GONE}>: 550 5.1.1 user unknown"),
        ("Delivery Status Notification (Success)", f"<{GONE}>: 550 5.1.1 user unknown"),
        ("Delivered", f"<{GONE}>: 550 User unknown."),
        ("Delivered: your order", f"<{GONE}>: user unknown (status 5.1.1)."),
        ("Delivered: your order", f"Your message could not be delivered:\r\n\r\n<{GONE}>"),
        ("Delivered: your order", f"Bu ileti teslim edilemedi, 投递失败:\r\n\r\n<{GONE}>"),
    ],
)
def test_a_failure_counts_whatever_good_news_its_subject_has(head: str, subject: str, text: str) -> None:
    bounce = bounce_of(head, subject, text)
    assert bounce is not None
    assert (bounce.recipients, bounce.permanent) == ((GONE,), True)


@pytest.mark.req("F88")
@pytest.mark.parametrize(
    ("head", "subject", "text"),
    [
        (
            'From: "Lark Mail System" <>\r\n',
            "Mail Error",
            "It could not be delivered to the one below:\r\n\r\n dana",
        ),
        (NOBODY, "Mail Error", "Your mail cannot be delivered to the following address(es):\r\n\r\n dana (0), no room"),
        (NOBODY, "", "Your message of Monday to the address below could\r\nnot be delivered.\r\n\r\ndana"),
        (NOBODY + "Sender: list-owner@far.example\r\n", "?", "Ihre Nachricht wurde nicht zugestellt: dana"),
    ],
)
def test_words_of_failure_are_enough_where_the_sender_has_no_address(head: str, subject: str, text: str) -> None:
    bounce = bounce_of(head, subject, text)
    assert bounce is not None
    assert (bounce.recipients, bounce.permanent) == ((), True)


@pytest.mark.req("F88")
@pytest.mark.parametrize(
    ("head", "subject", "text"),
    [
        (PERSON, "Mail Error", f"What is this?\r\n\r\n> {LOST}\r\n>\r\n> dana (0), no room"),
        (PERSON, "Fwd: Mail Error", f"What is this?\r\n\r\n{LOST}\r\n\r\n dana (0), no room"),
        (NOBODY, "Fwd: Mail Error", f"What is this?\r\n\r\n{LOST}\r\n\r\n dana (0), no room"),
        (NOBODY, "Mail Error", f"What is this?\r\n\r\n> {LOST}\r\n>\r\n> dana (0), no room"),
        (NOBODY, "Question", "When do you open? Please answer by mail."),
        ("From: Kim <>\r\n", "Delivery failed", "E-Mail: none\r\nMessage: My parcel could not be delivered."),
        ("From: Kim\r\n", "Mail Error", LOST),
        ("", "Mail Error", LOST),
    ],
)
def test_a_mail_that_may_be_a_persons_gets_a_ticket_whatever_words_it_has(head: str, subject: str, text: str) -> None:
    assert bounce_of(head, subject, text) is None


@pytest.mark.req("F88")
def test_a_report_that_a_person_attached_is_what_they_write_about() -> None:
    words = b"Content-Type: text/plain\r\n\r\nWhat is this?"
    attached = f"Content-Type: message/delivery-status\r\n\r\n{STATUS}".encode()
    assert parse_mail(mixed_mail(words, attached)).bounce is None
    assert parse_mail(mixed_mail(words, attached, kind=b"report")).bounce is not None
    by_daemon = mixed_mail(words, attached).replace(b"Ann Lee <ann@customer.example>", b"MAILER-DAEMON@far.example")
    assert parse_mail(by_daemon).bounce is not None


def test_a_failure_under_another_word_than_failed_is_one() -> None:
    text = STATUS.replace("failed", "error")
    report = f"--x\r\nContent-Type: message/delivery-status\r\n\r\n{text}\r\n--x--"
    found = bounce_of(DAEMON, "Delivery status", report, kind="multipart/report; boundary=x")
    assert found is not None
    assert found.recipients == (GONE,)


def test_a_report_sent_as_a_text_file_names_the_recipient() -> None:
    words = b"Content-Type: text/plain\r\n\r\nYour message could not be delivered."
    file = f"Content-Type: text/plain; name=details.txt\r\n\r\n{STATUS}".encode()
    raw = mixed_mail(words, file, ORIGINAL.encode())
    bounce = parse_mail(raw.replace(b"Ann Lee <ann@customer.example>", b"MAILER-DAEMON@far.example")).bounce
    assert bounce is not None
    assert (bounce.recipients, bounce.original_message_id) == ((GONE,), "o1@acme.example")


def test_a_bounce_that_names_nobody_means_the_one_the_returned_mail_went_to() -> None:
    words = b"Content-Type: text/plain\r\n\r\nThe recipient does not exist."
    raw = mixed_mail(words, ORIGINAL.encode())
    bounce = parse_mail(raw.replace(b"Ann Lee <ann@customer.example>", b"MAILER-DAEMON@far.example")).bounce
    assert bounce is not None
    assert bounce.recipients == (GONE,)


@pytest.mark.parametrize(
    ("disposition", "sender", "is_bounce"),
    [
        ("automatic-action/MDN-sent-automatically; deleted", "MAILER-DAEMON@far.example", True),
        ("manual-action/MDN-sent-manually; deleted", "MAILER-DAEMON@far.example", False),
        ("automatic-action/MDN-sent-automatically; deleted", "ann@customer.example", False),
    ],
)
def test_a_refusal_in_the_form_of_a_read_receipt_is_a_bounce(disposition: str, sender: str, is_bounce: bool) -> None:
    words = b"Content-Type: text/plain\r\n\r\nYour message was automatically rejected: quota exceeded"
    fields = f"Final-Recipient: rfc822; {GONE}\r\nOriginal-Message-ID: <o1@acme.example>\r\nDisposition: {disposition}"
    notice = f"Content-Type: message/disposition-notification\r\n\r\n{fields}\r\n".encode()
    raw = mixed_mail(words, notice, kind=b"report; report-type=disposition-notification")
    bounce = parse_mail(raw.replace(b"Ann Lee <ann@customer.example>", sender.encode())).bounce
    assert (bounce is not None) is is_bounce
    assert bounce is None or (bounce.recipients, bounce.original_message_id) == ((GONE,), "o1@acme.example")


@pytest.mark.parametrize(
    ("text", "permanent"),
    [
        ("Delivery is postponed: temporary failure. We will retry.", False),
        ("The message could not be delivered after 30 attempts: 4.4.4 Temporary server error", True),
        ("Your message was blocked by our filter. It has not been delivered.", True),
        ("Delivery has been postponed due to a full mailbox.", False),
        ("Votre message n'a pas encore pu être remis. De nouvelles tentatives seront faites.", False),
        ("Zustellung verzögert, es wird erneut versucht.", False),
    ],
)
def test_only_who_goes_on_trying_is_temporary(text: str, permanent: bool) -> None:
    bounce = bounce_of(DAEMON, "Mail delivery warning", f"{text}\r\n\r\n<{GONE}>\r\n")
    assert bounce is not None
    assert bounce.permanent is permanent


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("收件人：gone@far.example", ("gone@far.example",)),
        ("收件人邮件地址（gone@far.example）不存在", ("gone@far.example",)),
        ("邮件地址gone@far.example不存在", ("gone@far.example",)),
        ("<jörg@пример.example>: unbekannt", ("jörg@пример.example",)),
        ("<田中@例え.テスト>: 存在しません", ("田中@例え.テスト",)),
        ('"gone@far.example"', ("gone@far.example",)),
        ("받는 사람 : gone@far.example", ("gone@far.example",)),
    ],
)
def test_addresses_end_where_the_words_around_them_begin(text: str, found: tuple[str, ...]) -> None:
    assert recipients_in_text(text, never=frozenset()) == found


def test_a_recipient_in_the_escapes_of_internationalised_mail_is_read() -> None:
    groups = "Final-Recipient: utf-8; j\\x{F6}rg\\x{D800}\\x{FFFFFF}@far.example\r\nAction: failed\r\nStatus: 5.1.1\r\n"
    status = f"Content-Type: message/global-delivery-status\r\n\r\n{groups}".encode()
    bounce = parse_mail(mixed_mail(status, kind=b"report")).bounce
    assert bounce is not None
    assert bounce.recipients == ("jörg@far.example",)


def test_the_codes_of_smtp_tell_of_a_failure_too() -> None:
    assert Letter({}, None, "", "host said: 550 5.1.1 nope").says_failed()
    assert not Letter({}, None, "", "All is well.").says_failed()
    assert parse_mail(text_mail(b"550 5.1.1 user unknown", headers=b"X-Failed-Recipients: a@far.example\r\n")).bounce


@pytest.mark.parametrize(
    ("head", "subject", "text"),
    [
        ("Return-Path: <MAILER-DAEMON@far.example>\r\nFrom: gw@far.example\r\n", "Returned mail", f"No user <{GONE}>."),
        ("From: gw@far.example\r\n", "Mail could not be delivered", f"Unable to deliver message to <{GONE}>."),
        (
            DAEMON,
            "Mail failed",
            f"|--- Message log follows: ---|\r\n no valid recipients\r\n <{GONE}> ... unknown user",
        ),
    ],
)
def test_gateways_that_name_themselves_in_no_known_way_are_known_by_their_form(
    head: str, subject: str, text: str
) -> None:
    bounce = bounce_of(head, subject, text)
    assert bounce is not None
    assert bounce.recipients == (GONE,)
