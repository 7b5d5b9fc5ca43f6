"""The pages of automatic answers: what is saved there is what senders are told; what cannot be sent is named."""

from __future__ import annotations

from typing import Any

import pytest

from helpdesk.accounts.models import AuditEntry, Role
from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import Mailbox
from tests.factories.incoming import make_mail, receive
from tests.factories.outgoing import make_mailbox, make_outgoing_server
from tests.factories.people import make_member
from tests.ticketing.answering.answering import answer_due, sent_mails
from ticketing.models import AnswerLimits, AnswerPolicy, AnswerText

pytestmark = pytest.mark.django_db
PAGE = "/o/fernhollow/automatic-answers/"
DATA = {"version": "0", "limits_version": "0", "max_answers": "3", "within_hours": "2"}
GERMAN = {"version": "0", "subject": "Danke {{mailbox.name}}", "html": "<p>Nummer <b>{{ ticket.number }}</b></p>"}


@pytest.fixture
def mailbox(fernhollow: Any) -> Mailbox:
    with organization_scope(fernhollow.id):
        return make_mailbox(make_outgoing_server(), name="Support", from_name="")


@pytest.fixture
def admin(fernhollow: Any, signed_in: Any) -> Any:
    return signed_in(make_member(fernhollow, role=Role.ADMIN))


@pytest.mark.req("S5.66", "S5.68")
def test_when_how_often_and_whom_never_is_saved_and_audited(admin: Any, mailbox: Mailbox, fernhollow: Any) -> None:
    listed = {"addresses": "boss@customer.test", "domains": "*.spam.test", "words": "server down\nurgent"}
    assert admin.post(PAGE, DATA | {"acknowledges": "on", "tells_too_large": "on"} | listed).status_code == 302
    with organization_scope(fernhollow.id):
        assert AnswerPolicy.objects.values_list("acknowledges", "tells_not_worked", "tells_too_large").get() == (
            True,
            False,
            True,
        )
        assert AnswerLimits.objects.get().unanswered == {
            "address": ["boss@customer.test"],
            "subdomains": ["spam.test"],
            "words": ["server down", "urgent"],
        }
        assert {entry.action for entry in AuditEntry.objects.all()} == {"answers.changed", "answers.limits_changed"}
    shown = admin.get(PAGE).content.decode()
    assert "*.spam.test" in shown
    stale = admin.post(PAGE, DATA)
    assert (stale.status_code, "Somebody else changed this page" in stale.content.decode()) == (422, True)
    wrong = admin.post(PAGE, DATA | {"addresses": "boss"}).content.decode()
    assert "“boss” is no e-mail address" in wrong
    log = admin.get("/o/fernhollow/settings/log/").content.decode()
    assert "changed the automatic answers of" in log


def test_a_mailbox_says_something_of_its_own(admin: Any, mailbox: Mailbox, fernhollow: Any) -> None:
    page = f"{PAGE}{mailbox.pk}/"
    assert "As for all mailboxes: off" in admin.get(page).content.decode()
    assert admin.post(page, {"version": "0", "acknowledges": "on", "tells_not_worked": ""}).status_code == 302
    with organization_scope(fernhollow.id):
        assert AnswerPolicy.objects.values_list("mailbox", "acknowledges").get() == (mailbox.pk, True)
    assert "Support" in admin.get(PAGE).content.decode()


def test_a_text_in_the_language_of_the_mail_is_sent_as_formatted_and_as_plain_text(
    admin: Any, mailbox: Mailbox, fernhollow: Any
) -> None:
    texts = f"{PAGE}{mailbox.pk}/texts/acknowledgement/"
    assert admin.post(texts, GERMAN | {"language": "de"}).status_code == 302
    assert "Danke {{mailbox.name}}" in admin.get(f"{texts}de/").content.decode()
    admin.post(f"{PAGE}{mailbox.pk}/", {"version": "0", "acknowledges": "on", "tells_not_worked": ""})
    with organization_scope(fernhollow.id):
        receive(mailbox, make_mail(text="Die Lampe ist nicht mehr hell, bitte helfen Sie mir.\n"))
        receive(mailbox, make_mail(text="The lamp is not bright, please help me.\n"))
        answer_due()
        german, english = sent_mails()
    assert german["Subject"].startswith("Danke Support [#")
    assert "<b>" in german.get_body(("html",)).get_content()
    assert "Nummer" in german.get_body(("plain",)).get_content()
    assert english["Subject"].startswith("We have received your message")
    without_script = {"version": "1", "subject": "Danke", "html": GERMAN["html"], "text": "Nur\n\nText"}
    assert admin.post(f"{texts}de/", without_script).status_code == 302
    with organization_scope(fernhollow.id):
        assert AnswerText.objects.get().html == "<p>Nur</p>\n<p>Text</p>"
    assert admin.post(f"{texts}de/removal/").status_code == 302
    with organization_scope(fernhollow.id):
        assert not AnswerText.objects.exists()


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("html", "<p>{{ ticket.subject }}</p>", "“{{ ticket.subject }}” is no placeholder here"),
        ("subject", "{{ nothing }}", "“{{ nothing }}” is no placeholder here"),
        ("html", "<p>{{ ticket.<b>number</b> }}</p>", "is no placeholder here"),
        ("html", "<p>Your number is {{ ticket.number</p>", "At “{{ ticket.number” braces do not close"),
        ("html", "<p> </p>", "Write something."),
    ],
)
def test_what_is_no_placeholder_is_named_and_nothing_is_saved(
    admin: Any, mailbox: Mailbox, fernhollow: Any, field: str, value: str, said: str
) -> None:
    answer = admin.post(f"{PAGE}all/texts/acknowledgement/any/", GERMAN | {field: value})
    assert (answer.status_code, said in answer.content.decode()) == (422, True)
    with organization_scope(fernhollow.id):
        assert not AnswerText.objects.exists()


def test_the_preview_shows_what_would_arrive_and_saves_nothing(admin: Any, mailbox: Mailbox, fernhollow: Any) -> None:
    shown = admin.post(f"{PAGE}all/texts/acknowledgement/any/", GERMAN | {"preview": "1"})
    text = shown.content.decode()
    assert shown.status_code == 200
    assert "Danke Support [#1234]" in text
    assert "Nummer <b>1234</b>" in text
    with organization_scope(fernhollow.id):
        assert not AnswerText.objects.exists()
