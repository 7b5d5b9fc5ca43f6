"""The language of a mail, by its words and else by what its program says."""

from __future__ import annotations

import pytest

from ticketing.mail.language import language_of

MAILS = {
    "en": "Hello, the lamp you sent is broken. Would you please send us a new one?",
    "de": "Guten Tag, die Lampe ist kaputt. Bitte schicken Sie mir eine neue.",
    "fr": "Bonjour, la lampe est cassée. Pouvez-vous nous envoyer une autre ? Merci",
    "es": "Buenos días, la lámpara no funciona. ¿Pueden enviarme una nueva, por favor?",
    "it": "Buongiorno, la lampada non funziona. Potete mandarne una nuova? Grazie",
    "pt": "Olá, o candeeiro não funciona. Podem enviar uma nova? Obrigado",
    "nl": "Hallo, de lamp is kapot. Ik wil graag een nieuwe van u.",
    "sv": "Hej, lampan är trasig. Jag vill ha en ny, tack.",
    "pl": "Dzień dobry, lampa nie działa. Proszę o nową, dziękuję.",
    "ru": "Здравствуйте, лампа не работает.",
    "uk": "Добрий день, лампа не працює. Її надіслали вчора, і вона є зламана.",
    "ja": "ランプが壊れています。",
    "zh": "灯坏了，请给我换一个。",
    "ar": "المصباح لا يعمل",
}


@pytest.mark.parametrize(("language", "text"), MAILS.items(), ids=MAILS)
def test_a_sentence_or_two_tell_the_language(language: str, text: str) -> None:
    assert language_of(text, headers=[("Content-Language", "fi")]) == language


@pytest.mark.parametrize(
    ("headers", "language"),
    [
        ([("Content-Language", "de-DE")], "de"),
        ([("Accept-Language", "fr-CH, en;q=0.5"), ("Content-Language", "it")], "it"),
        ([("accept-language", "NL")], "nl"),
        ([("Content-Language", "x; y")], ""),
        ([], ""),
    ],
)
def test_where_words_say_nothing_headers_do(headers: list[tuple[str, str]], language: str) -> None:
    assert language_of("ORDER 4711 \U0001f600", headers=headers) == language
