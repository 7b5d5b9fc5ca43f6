"""Signing in and out, forgotten and changed passwords."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from tests.factories.people import PASSWORD

pytestmark = [pytest.mark.django_db]
SIGN_IN = "/accounts/login/"


def sign_in(client: Client, *, email: str = "ines@fernhollow.test", password: str = PASSWORD, **more: str) -> Any:
    return client.post(SIGN_IN, {"login": email, "password": password, **more})


def is_signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def test_an_agent_signs_in_and_lands_in_their_organization(client: Client, people: Any) -> None:
    assert sign_in(client).headers["Location"] == "/"
    assert client.get("/").headers["Location"] == "/o/fernhollow/"


def test_the_address_may_be_written_in_capitals(client: Client, people: Any) -> None:
    sign_in(client, email="Ines@FERNHOLLOW.test")
    assert is_signed_in(client)


def test_a_wrong_password_says_what_to_do(client: Client, people: Any) -> None:
    response = sign_in(client, password="wrong")
    assert "Forgot it?" in response.content.decode()
    assert "is wrong" in response.content.decode()
    assert not is_signed_in(client)


def test_the_same_is_said_about_an_unknown_address(client: Client, people: Any) -> None:
    known = sign_in(client, password="wrong").context["form"].non_field_errors()
    unknown = sign_in(client, email="nobody@fernhollow.test").context["form"].non_field_errors()
    assert known == unknown


def test_empty_fields_say_what_to_do(client: Client, people: Any) -> None:
    page = client.post(SIGN_IN, {}).content.decode()
    assert "Enter your email address." in page
    assert "Enter your password." in page


def test_the_sixth_wrong_password_waits_even_if_the_seventh_is_right(client: Client, people: Any) -> None:
    for _try in range(5):
        sign_in(client, password="wrong")
    response = sign_in(client)
    assert "Wait 5 minutes" in response.content.decode()
    assert not is_signed_in(client)


def test_others_may_sign_in_while_one_address_waits(client: Client, people: Any) -> None:
    for _try in range(6):
        sign_in(client, password="wrong")
    sign_in(client, email="vera@fernhollow.test")
    assert is_signed_in(client)


def test_somebody_switched_off_cannot_sign_in(client: Client, people: Any) -> None:
    people.agent.user.is_active = False
    people.agent.user.save()
    sign_in(client)
    assert not is_signed_in(client)


@pytest.mark.parametrize("wish", ["/o/fernhollow/settings/profile/", "/o/fernhollow/?q=a%26b"])
def test_the_way_back_is_kept(client: Client, people: Any, wish: str) -> None:
    page = client.get(wish)
    assert client.get(page.headers["Location"]).status_code == 200
    query = page.headers["Location"].partition("?")[2]
    response = client.post(f"{SIGN_IN}?{query}", {"login": "ines@fernhollow.test", "password": PASSWORD})
    assert response.headers["Location"] == wish


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.test/", "//evil.test/", "http:evil.test", "https://testserver/", "javascript:alert(1)"]
)
def test_the_way_back_never_leads_elsewhere(client: Client, people: Any, elsewhere: str) -> None:
    assert sign_in(client, next=elsewhere).headers["Location"] == "/"


def test_keeping_signed_in_outlives_the_browser_and_not_keeping_does_not(client: Client, people: Any) -> None:
    sign_in(client, remember="on")
    assert not client.session.get_expire_at_browser_close()
    other = Client()
    sign_in(other)
    assert other.session.get_expire_at_browser_close()


def test_signing_out_needs_a_post(client: Client, people: Any) -> None:
    sign_in(client)
    assert client.get("/accounts/logout/").status_code == 200
    assert is_signed_in(client)
    client.post("/accounts/logout/")
    assert not is_signed_in(client)


def test_nobody_signs_up_by_themselves(client: Client) -> None:
    assert client.get("/accounts/signup/").status_code == 404


def test_a_new_password_comes_by_mail(client: Client, people: Any, mailoutbox: list[Any]) -> None:
    client.post("/accounts/password/reset/", {"email": "ines@fernhollow.test"})
    (mail,) = mailoutbox
    assert mail.to == ["ines@fernhollow.test"]
    path = re.search(r"http://[^/]+(/accounts/password/reset/key/\S+)", mail.body)
    assert path is not None
    form = client.get(path[1], follow=True)
    new = {"password1": "quite another phrase", "password2": "quite another phrase"}
    client.post(form.redirect_chain[-1][0], new)
    sign_in(client, password="quite another phrase")
    assert is_signed_in(client)


def test_a_new_password_by_mail_ends_every_session(client: Client, people: Any, mailoutbox: list[Any]) -> None:
    elsewhere = Client()
    sign_in(elsewhere)
    client.post("/accounts/password/reset/", {"email": "ines@fernhollow.test"})
    link = re.search(r"http://[^/]+(/accounts/password/reset/key/\S+)", mailoutbox[0].body)
    assert link is not None
    form = client.get(link[1], follow=True)
    new = {"password1": "quite another phrase", "password2": "quite another phrase"}
    client.post(form.redirect_chain[-1][0], new)
    assert elsewhere.get("/o/fernhollow/").headers["Location"].startswith(SIGN_IN)
    assert "no longer works" in client.get(link[1], follow=True).content.decode()


def test_the_link_works_once(client: Client, people: Any, mailoutbox: list[Any]) -> None:
    client.post("/accounts/password/reset/", {"email": "ines@fernhollow.test"})
    link = re.search(r"http://[^/]+(/accounts/password/reset/key/\S+)", mailoutbox[0].body)
    assert link is not None
    people.agent.user.set_password("meanwhile another one")
    people.agent.user.save()
    assert "no longer works" in client.get(link[1], follow=True).content.decode()


def test_the_link_leads_to_the_base_url_whatever_the_host_header_says(
    client: Client, people: Any, mailoutbox: list[Any], settings: Any
) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    client.post("/accounts/password/reset/", {"email": "ines@fernhollow.test"}, HTTP_HOST="evil.test")
    assert settings.BASE_URL in mailoutbox[0].body
    assert "evil.test" not in mailoutbox[0].body


def test_asking_for_a_password_does_not_tell_who_has_an_account(
    client: Client, people: Any, mailoutbox: list[Any]
) -> None:
    known = client.post("/accounts/password/reset/", {"email": "ines@fernhollow.test"})
    unknown = client.post("/accounts/password/reset/", {"email": "nobody@fernhollow.test"})
    assert (known.status_code, known.headers["Location"]) == (unknown.status_code, unknown.headers["Location"])
    assert [mail.to for mail in mailoutbox] == [["ines@fernhollow.test"], ["nobody@fernhollow.test"]]


def test_asking_for_too_many_passwords_is_held_back(client: Client, people: Any, mailoutbox: list[Any]) -> None:
    answers = [client.post("/accounts/password/reset/", {"email": "ines@fernhollow.test"}) for _try in range(6)]
    assert [answer.status_code for answer in answers] == [302] * 5 + [429]
    assert "Wait five minutes" in answers[-1].content.decode()
    assert len(mailoutbox) == 5


def test_a_mail_server_that_refuses_shows_the_same_page(client: Client, people: Any, settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9  # nobody listens on the discard port
    response = client.post("/accounts/password/reset/", {"email": "ines@fernhollow.test"})
    assert response.headers["Location"] == "/accounts/password/reset/done/"


def test_changing_the_password_ends_every_session(client: Client, people: Any, mailoutbox: list[Any]) -> None:
    elsewhere = Client()
    sign_in(client)
    sign_in(elsewhere)
    new = {"oldpassword": PASSWORD, "password1": "quite another phrase", "password2": "quite another phrase"}
    response = client.post("/accounts/password/change/", new)
    assert response.headers["Location"] == SIGN_IN
    for browser in (client, elsewhere):
        assert browser.get("/o/fernhollow/").headers["Location"].startswith(SIGN_IN)
    assert "was changed" in mailoutbox[0].subject


def test_a_weak_or_mistyped_new_password_says_what_to_do(client: Client, people: Any) -> None:
    sign_in(client)
    wrong = {"oldpassword": "wrong", "password1": "short", "password2": "other"}
    page = client.post("/accounts/password/change/", wrong).content.decode()
    assert "not your current password" in page
    assert "at least 10 characters" in page


def test_forms_without_their_token_are_refused(people: Any) -> None:
    browser = Client(enforce_csrf_checks=True)
    assert sign_in(browser).status_code == 403


def test_mails_have_text_and_html(client: Client, people: Any, mailoutbox: list[Any]) -> None:
    client.post("/accounts/password/reset/", {"email": "ines@fernhollow.test"})
    (html,) = mailoutbox[0].alternatives
    assert "<style" not in html[0]
    assert 'style="' in html[0]
