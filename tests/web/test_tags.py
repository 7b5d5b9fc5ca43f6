"""The template tags: marks, times, fields."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django import forms
from django.template import engines
from django.utils import timezone
from selectolax.lexbor import LexborHTMLParser

from helpdesk.lib.clock import held_at
from helpdesk.web import marks

NOW = datetime(2026, 3, 18, 10, 0, tzinfo=UTC)  # a Wednesday


def render(source: str, **context: Any) -> LexborHTMLParser:
    """The source rendered as a template, parsed."""
    return LexborHTMLParser(engines["django"].from_string(source).render(context))


def text(source: str, **context: Any) -> str:
    return render(source, **context).text().strip()


def test_an_icon_points_into_the_external_sprite() -> None:
    use = render('{% icon "reply" "icon--flip" %}').css_first("svg.icon.icon--flip[aria-hidden=true] > use")
    assert use.attributes["href"] == "/static/icons.svg#i-reply"


def test_an_icon_with_a_label_is_an_image_with_a_name() -> None:
    assert (
        render('{% icon "clip" label="Has <files>" %}').css_first("svg[role=img]").attributes["aria-label"]
        == "Has <files>"
    )


def test_a_status_is_shape_and_word() -> None:
    status = render('{% st "waiting" True %}').css_first(".status")
    assert status.text() == "Waiting on customer"
    assert status.css_first("svg.st[data-status=waiting] use").attributes["href"].endswith("#i-st-waiting")


def test_every_icon_that_a_tag_names_is_in_the_sprite() -> None:
    from pathlib import Path

    sprite = Path("static/icons.svg").read_text()
    names = [f"st-{status}" for status in marks.STATUS_NAMES] + [name for name, _ in marks.PRIORITIES.values()]
    assert [name for name in names if f'id="i-{name}"' not in sprite] == []


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Ines Duarte", "ID"),
        ("Amara de la Okoye", "AO"),
        ("ines.duarte@example.test", "ID"),
        ("bob", "BO"),
        ("", "?"),
        ("<script>", "?"),
        ("ليلى حداد", "لح"),
    ],
)
def test_initials_come_from_any_name(name: str, letters: str) -> None:
    assert marks.initials(name) == letters


def test_the_hue_of_an_avatar_stays_with_its_id() -> None:
    one, two = render('{% avatar "A B" 7 %}{% avatar "Renamed" 7 %}').css(".avatar")
    assert one.attributes["data-hue"] == two.attributes["data-hue"]
    assert 1 <= int(one.attributes["data-hue"]) <= 8


def test_user_text_is_escaped_in_marks() -> None:
    html = engines["django"].from_string('{% pill label "bad" "x" %}').render({"label": "<b>"})
    assert "&lt;b&gt;" in html


@pytest.mark.parametrize(
    ("ago", "style", "words"),
    [
        (timedelta(hours=2), "", "Today 09:00"),
        (timedelta(hours=2), "short", "09:00"),
        (timedelta(hours=12), "", "Yesterday 23:00"),
        (timedelta(days=5), "", "Fri 13 Mar, 11:00"),
        (timedelta(days=5), "short", "13 Mar"),
        (timedelta(days=300), "", "22 May 2025, 12:00"),
        (timedelta(days=300), "day", "22 May 2025"),
        (timedelta(days=5), "day", "13 March"),
    ],
)
def test_times_are_said_in_the_viewers_zone(ago: timedelta, style: str, words: str) -> None:
    with held_at(NOW), timezone.override(ZoneInfo("Europe/Berlin")):
        time = render("{% when moment style %}", moment=NOW - ago, style=style).css_first("time")
    assert time.text() == words
    assert datetime.fromisoformat(time.attributes["datetime"]) == NOW - ago
    assert "2025" in time.attributes["title"] or "2026" in time.attributes["title"]


@pytest.mark.parametrize(
    ("away", "words", "tone"),
    [
        (timedelta(minutes=24, seconds=30), "in 24 min", "warn"),
        (timedelta(seconds=10), "in 1 min", "warn"),
        (timedelta(minutes=65), "in 1 h 05", None),
        (timedelta(hours=5), "15:00", None),
        (timedelta(days=3), "Sat 21 Mar, 10:00", None),
        (timedelta(minutes=-18), "18 min over", "bad"),
        (timedelta(hours=-5), "5 h over", "bad"),
        (timedelta(days=-1, hours=-2), "1 day over", "bad"),
        (timedelta(days=-3), "3 days over", "bad"),
    ],
)
def test_deadlines_are_said_in_words(away: timedelta, words: str, tone: str | None) -> None:
    with held_at(NOW), timezone.override(UTC):
        time = render("{% due moment %}", moment=NOW + away).css_first("time.due")
    assert (time.text(), time.attributes.get("data-tone")) == (words, tone)


def test_no_moment_is_no_words() -> None:
    assert text("{% when nothing %}{% due nothing %}", nothing=None) == ""


class HostForm(forms.Form):
    host = forms.CharField(label="Server", help_text="As your provider names it", max_length=4)
    password = forms.CharField(widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}), required=False)
    security = forms.ChoiceField(choices=[("tls", "TLS")])
    keep = forms.BooleanField(required=False)
    after = forms.ChoiceField(choices=[("leave", "Leave")], widget=forms.RadioSelect)


def test_a_wrong_field_names_its_hint_and_error_to_screen_readers() -> None:
    form = HostForm({"host": "too long"})
    html = render("{% field form.host %}", form=form)
    control = html.css_first("input.input#id_host")
    described_by = control.attributes["aria-describedby"].split()
    assert next(html.css_first(f"#{name}").text().strip() for name in described_by) == "As your provider names it"
    assert len(described_by) == 2
    assert control.attributes["aria-invalid"] == "true"
    assert html.css_first("label").attributes["for"] == "id_host"


def test_a_field_always_says_whether_it_may_be_filled_in() -> None:
    html = render("{% field form.host %}{% field form.password %}", form=HostForm())
    assert [each.attributes["autocomplete"] for each in html.css("input")] == ["off", "new-password"]
    assert not html.css("[aria-invalid]")
    assert len(html.css(".opt")) == 1


def test_choices_are_drawn_as_what_they_are() -> None:
    html = render("{% field form.security %}{% field form.keep %}{% field form.after %}", form=HostForm())
    assert html.css(".select > select")
    assert html.css("label.choice > input.check")
    assert html.css("fieldset > legend")
    assert html.css("input.radio")


def test_a_switch_is_a_switch_for_screen_readers() -> None:
    html = render('{% field form.keep kind="switch" hx_post="/x/" %}', form=HostForm())
    assert html.css_first("input.switch[role=switch]").attributes["hx-post"] == "/x/"


def test_many_wrong_fields_are_listed_with_links() -> None:
    form = HostForm({"host": "too long"})
    form.is_valid()
    form.add_error("keep", "Tick it")
    form.add_error("password", "Choose another")
    links = render("{% form_errors form %}", form=form).css("[role=alert] a")
    assert "#id_host" in [link.attributes["href"] for link in links]


@pytest.mark.parametrize(("size", "words"), [(500, "500\xa0bytes"), (88_064, "86\xa0KB"), (8_598_323, "8.2\xa0MB")])
def test_sizes_are_for_people(size: int, words: str) -> None:
    assert text("{{ size|filesize }}", size=size) == words


def test_a_select_keeps_the_current_choice() -> None:
    html = render('{% select "p" options "Priority" "high" %}', options=[("low", "Low"), ("high", "High")])
    assert html.css_first("option[selected]").attributes["value"] == "high"
    assert html.css_first("label").attributes["for"] == "p"
