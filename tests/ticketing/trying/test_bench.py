"""The parser bench: how a mail at hand is read, what each step would decide, and its anonymous copy."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from helpdesk.spam_daemon.values import Kind
from mailboxes.models import Mailbox, RemoteMessage
from tests.factories.incoming import make_mail, receive
from tests.factories.outgoing import make_mailbox
from tests.fakes.spam_daemon import CLEAN, FakeSpamDaemon
from ticketing.models import EntryKind, FilterMode, Ticket
from ticketing.services.filter_entries import tidy_entry
from ticketing.services.filters import FilterInput, save_filter

pytestmark = [pytest.mark.django_db]
BENCH = "/o/fernhollow/bench/"


@pytest.fixture
def support(in_fernhollow: Any, settings: Any, tmp_path: Any) -> Mailbox:
    """A mailbox that ignores adverts."""
    settings.MEDIA_ROOT = tmp_path / "files"
    mailbox = make_mailbox(address="support@fernhollow.test", name="Repairs")
    save_filter(mailbox, FilterInput(FilterMode.IGNORE, (tidy_entry(EntryKind.DOMAIN, "adverts.test"),)))
    return mailbox


@pytest.fixture
def admin(people: Any, client: Client) -> Client:
    client.force_login(people.admin.user)
    return client


def dropped(content: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile("mail.eml", content, content_type="message/rfc822")


def test_each_step_is_shown_and_nothing_is_stored(support: Mailbox, admin: Client) -> None:
    (seen,) = receive(support, make_mail(subject="Lamp", message_id="lamp@customer.test"))
    number = Ticket.objects.get(pk=seen.ticket_id).number
    answer = make_mail(
        subject="Re: Lamp", text="It hums.\n\n> quoted\n", answers="lamp@customer.test", files=[("hum.wav", b"hm")]
    )
    shown = admin.post(BENCH, {"file": dropped(answer), "mailbox": support.pk}, HTTP_HX_REQUEST="true").content.decode()
    expected = (
        "Added",
        f"#{number}",
        "It hums.",
        "hum.wav",
        "In-Reply-To",
        "No filter ignores it",
        "anna@customer.test",
    )
    assert [word for word in expected if word not in shown] == []
    advert = make_mail(sender="Ads <news@adverts.test>").decode()
    shown = admin.post(BENCH, {"source": advert, "mailbox": support.pk}).content.decode()
    assert [
        word for word in ("Ignored", "the domain adverts.test", f"/filters/{support.pk}/") if word not in shown
    ] == []
    assert (Ticket.objects.count(), RemoteMessage.objects.count()) == (1, 1)


@pytest.mark.req("S3.15")
def test_what_the_operators_spam_daemon_says_is_shown(support: Mailbox, admin: Client, settings: Any) -> None:
    with FakeSpamDaemon(Kind.SPAMASSASSIN, CLEAN[Kind.SPAMASSASSIN]) as fake:
        settings.SPAM_DAEMON = fake.as_set()
        shown = admin.post(BENCH, {"source": make_mail().decode(), "mailbox": support.pk}).content.decode()
    assert "SpamAssassin gives it 0.4 points, spam begins at 5." in shown


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"  \r\n", "Choose a file, or paste the source of a mail."),
        (b"\x00\xff\xfe no mail", "Nothing in it looks like a mail"),
        (b"Subject: x\r\n\r\n" + b"x" * (10 * 1024 * 1024), "It is larger than 10 MB."),
    ],
)
def test_what_is_no_mail_ends_in_a_sentence(support: Mailbox, admin: Client, content: bytes, sentence: str) -> None:
    answer = admin.post(BENCH, {"file": dropped(content), "mailbox": support.pk})
    assert (answer.status_code, sentence in answer.content.decode()) == (422, True)


def test_an_anonymous_copy_is_a_file_without_the_words(support: Mailbox, admin: Client) -> None:
    page = f"{BENCH}anonymous/"
    copy = admin.post(page, {"file": dropped(make_mail(subject="Secret stove"))})
    assert copy["Content-Disposition"] == 'attachment; filename="anonymous.eml"'
    assert (b"Secret" in copy.content, b"Anna" in copy.content, b"\r\nSubject: " in copy.content) == (
        False,
        False,
        True,
    )
    assert admin.post(page, {"source": ""}).status_code == 422
