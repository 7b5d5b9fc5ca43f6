"""In which language a mail is written, by the words that every sentence needs, else by what its program says. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from helpdesk.lib.text import word_set

MAX_CHARS = 4000  # of the text, from its beginning
MIN_WORDS = 2  # of one language, or nothing is said
# Words that are frequent in one language and rare in the others.
_WORDS: dict[str, frozenset[str]] = {
    "en": word_set("the and is not you with this have that are please we my your would hello been from thanks"),
    "de": word_set("der die das und ist nicht ich sie mit bitte wir ein eine auf für hallo auch sehr haben mein noch"),
    "fr": word_set("le les est pas je vous avec nous une pour bonjour merci votre mon dans sur ce qui mais cette"),
    "es": word_set("el los es y con una por para hola gracias mi su pero está como muy buenos usted puede del"),
    "it": word_set("il gli è non con una per ciao grazie mio vostro ma come sono della che questo buongiorno nella"),
    "pt": word_set("o os é não com uma por para olá obrigado meu seu mas está como muito você pode da do em"),
    "nl": word_set("het een en is niet ik u met wij voor hallo bedankt mijn uw maar ook zijn van heeft naar graag"),
    "sv": word_set("och är inte jag du med vi ett för hej tack min din men också har som på kan vill"),
    "da": word_set("og er ikke jeg du med vi et for hej tak min din men også har som på af vil hvad"),
    "no": word_set("og er ikke jeg du med vi et for hei takk min din men også har som på av vil hva"),
    "fi": word_set("ja on ei minä te kanssa me hei kiitos mutta myös ole että olen voi tämä kun se"),
    "pl": word_set("i jest nie ja pan z my dla dziękuję proszę ale też mam że się na do czy witam"),
    "cs": word_set("a je není já vy s my pro děkuji prosím ale také mám že se na do dobrý den"),
    "tr": word_set("ve bir bu için merhaba teşekkürler ama da de çok var değil ben siz mi lütfen"),
}
# Scripts that belong to one language, as far as an answer is concerned.
_SCRIPTS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("ja", re.compile("[\u3040-\u30ff]")),
    ("ko", re.compile("[\uac00-\ud7af]")),
    ("zh", re.compile("[\u4e00-\u9fff]")),
    ("el", re.compile("[\u0370-\u03ff]")),
    ("uk", re.compile("[іїєґ]")),
    ("ru", re.compile("[\u0400-\u04ff]")),
    ("he", re.compile("[\u0590-\u05ff]")),
    ("ar", re.compile("[\u0600-\u06ff]")),
    ("th", re.compile("[\u0e00-\u0e7f]")),
)
_MIN_LETTERS = 3  # of a script
_WORD = re.compile(r"[^\W\d_]+")
_TAG = re.compile(r"\s*([A-Za-z]{2})(?:[-_][A-Za-z0-9]+)*\s*(?:[,;]|$)")
LANGUAGES = tuple(sorted([*_WORDS, *(language for language, _letters in _SCRIPTS)]))  # that can be told


def language_of(text: str, *, headers: Sequence[tuple[str, str]] = ()) -> str:
    """The language as ISO 639-1, lower-cased; "" if nothing tells. text: without what is quoted.

    Words count more than headers: programs write there what their user speaks, not in what the mail is written.
    """
    lowered = text[:MAX_CHARS].lower()
    return _by_script(lowered) or _by_words(lowered) or _by_headers(headers)


def _by_script(text: str) -> str:
    for language, letters in _SCRIPTS:
        if len(letters.findall(text)) >= _MIN_LETTERS:
            return language
    return ""


def _by_words(text: str) -> str:
    """The language with the most of its words, if no other has as many."""
    counts: Counter[str] = Counter()
    for word in _WORD.findall(text):
        counts.update(language for language, words in _WORDS.items() if word in words)
    first, second = ([*counts.most_common(2), ("", 0), ("", 0)])[:2]
    return first[0] if first[1] >= MIN_WORDS and first[1] > second[1] else ""


def _by_headers(headers: Sequence[tuple[str, str]]) -> str:
    said = {name.lower(): value for name, value in reversed(headers)}
    for name in ("content-language", "accept-language"):
        found = _TAG.match(said.get(name, ""))
        if found:
            return found[1].lower()
    return ""
