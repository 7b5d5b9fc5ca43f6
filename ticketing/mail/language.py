"""Which language a mail is written in, from its own words. Pure.

By its script where that tells; else by the small words that every sentence of a language has. Few words say little:
then what the mail declares counts, which is the setting of a mail program and often another one.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

MAX_CHARS = 4000  # of the beginning
_MIN_SCRIPT_CHARS = 3
_MIN_WORDS = 2  # small words of the language, at least
_MARGIN = 1.25  # so many times as many as of the next one

# By script; where several languages share one, their small words decide, or the first is meant.
_SCRIPTS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (code, re.compile(f"[{ranges}]"))
    for code, ranges in (
        ("ja", "\u3041-\u30ff"),  # before Chinese: a Japanese text has kana among its Han
        ("ko", "\uac00-\ud7a3\u1100-\u11ff"),
        ("zh", "\u4e00-\u9fff\u3400-\u4dbf"),
        ("th", "\u0e01-\u0e5b"),
        ("he", "\u05d0-\u05ea"),
        ("el", "\u0370-\u03ff"),
        ("hi", "\u0900-\u097f"),
        ("ka", "\u10a0-\u10ff"),
        ("hy", "\u0531-\u0587"),
        ("ar", "\u0620-\u064a"),
        ("ru", "\u0400-\u04ff"),
    )
)
_ASCII = re.compile(r"[\x00-\x7f]+")
_NOT_LATIN = re.compile("[" + "".join(letters.pattern[1:-1] for _code, letters in _SCRIPTS) + "]+")
_LATIN = re.compile("[A-Za-z\u00c0-\u024f\u1e00-\u1eff]+")
_PERSIAN = re.compile("[\u067e\u0686\u0698\u06af\u06cc]")
_UKRAINIAN = re.compile("[іїєґІЇЄҐ]")
_TAG = re.compile(r"\s*([A-Za-z]{2})(?:[-_][A-Za-z0-9]+)*\s*(?:[,;]|$)")
_SAME = {"nb": "no", "nn": "no", "iw": "he", "in": "id"}
_AROUND = ".,;:!?¿¡…\"'()[]{}<>*_/–—-„“”«»"  # a word in a sentence

_SMALL_WORDS: Mapping[str, str] = {
    "en": "the and is are was to of in that it for you with have this not be on we my your please can would from has do"
    " been but they our if there what when will which an i'm don't it's",
    "de": "der die das und ist nicht ich sie wir mit ein eine zu den dem von für auf bitte wie haben habe kann mein"
    " meine ihre ihr es im auch noch aber wird sind war bei nach wenn dass oder werden einen",
    "fr": "le la les et est je vous nous pas une un de des du que qui dans pour sur avec mon ma mes votre vos au aux ce"
    " cette il elle merci bonjour plus ne j'ai c'est être mais",
    "es": "el la los las y es que en de por para con no una un mi su usted se lo me gracias hola pero como está están"
    " tengo puede más del al muy este esta ha hemos sin",
    "it": "il lo la gli le e è che di per con non una un mio mia sono ho abbiamo del della dei nel questo questa come"
    " grazie ma più anche può vorrei alla si mi ci buongiorno dal",
    "pt": "o a os as e é que de do da dos das em no na para com não uma um meu minha por se mas obrigado obrigada está"
    " você vocês seu sua mais como tenho foi ao olá muito isso pelo",
    "nl": "de het een en is niet ik u wij we met van voor op dat te zijn heb hebben kan mijn uw er maar ook als dit bij"
    " naar nog graag wat die worden om aan over dan geen deze",
    "sv": "och det är inte jag ni vi med en ett för på att som har kan min mitt er till av den om men så från hej tack"
    " när vad skulle var finns också mig vill detta",
    "da": "og det er ikke jeg vi med en et for på at som har kan min mit jeres til af den om men så fra hej tak når"
    " hvad skulle var også mig vil denne dette blev hvis nogle",
    "no": "og det er ikke jeg vi med en et for på å som har kan min mitt deres til av den om men så fra hei takk når"
    " hva skulle var også meg vil denne dette ble hvis noen",
    "fi": "ja on ei ole että se minä olen me hän mutta kun niin joka myös voi jos kanssa tai ovat oli minun teidän"
    " kiitos hei vielä nyt mitä tämä en sitä siitä jo koska",
    "pl": "i w nie na się jest z do że to jak ale czy o mam proszę po dla od są może być moje mój dzień dobry przez"
    " tego jestem już przy tylko oraz który które bardzo",
    "cs": "a se je na že to v s z do ale jak mám prosím není pro jsem jsou by co tak už za při bude děkuji dobrý den"
    " který která mi může nebo moje můj byl také",
    "sk": "a sa je na že to v s z do ale ako mám prosím nie pre som sú by čo tak už za pri bude ďakujem dobrý deň"
    " ktorý ktorá mi môže alebo moje môj bol tiež",
    "hu": "a az és nem hogy egy is meg van volt de ezt kérem vagy ha mert már még csak én lesz itt mint köszönöm"
    " szeretném tudom nekem amely kell jó nap után minden",
    "ro": "și si este nu să că de la în cu pe un o mai am ai are pentru din care mi vă dar sunt fost va ați mulțumesc"
    " bună ziua acest această sau dacă când foarte",
    "hr": "i je u na se da ne za što sam su ali od mi smo bi kako ovo molim hvala imam nije nisam može biti moj moja"
    " koji koja također dobar dan vas vam iz po",
    "tr": "ve bir bu için de da ile ne ben mi çok var yok ama gibi daha olarak en her lütfen teşekkürler merhaba"
    " değil olan kadar sonra nasıl benim sizin bana size",
    "vi": "và là của có không tôi cho một được này với trong các những bạn xin chào cảm ơn như đã sẽ khi để từ rất"
    " nhưng chúng vui lòng",
    "id": "dan yang di ini itu untuk dengan tidak saya anda dari ke ada akan bisa sudah kami apa pada atau juga karena"
    " terima kasih mohon tolong adalah belum lagi",
    "ru": "и в не на я что с по это как мы но у за вы для от к из меня мне мой пожалуйста спасибо здравствуйте был"
    " есть или так же уже если когда при нет",
    "uk": "і в не на я що з по це як ми але у за ви для від до із мене мені мій будь ласка дякую добрий день був є або"
    " так вже якщо коли при немає та й",
    "bg": "и в не на аз че с по това как ние но за вие от до ще се е са ми моля благодаря здравейте беше или така вече"
    " ако когато при няма си да съм",
    "sr": "и је у на се да не за што сам су али од ми смо би како ово молим хвала имам није може бити мој моја који"
    " која такође добар дан вас вам из по",
}
_BY_WORD: dict[str, list[str]] = {}
for _code, _words in _SMALL_WORDS.items():
    for _word in _words.split():
        _BY_WORD.setdefault(_word, []).append(_code)
_CYRILLIC = frozenset({"ru", "uk", "bg", "sr"})
_NOT_CYRILLIC = frozenset(_SMALL_WORDS) - _CYRILLIC
LANGUAGES: tuple[str, ...] = tuple(
    sorted({*_SMALL_WORDS, *(code for code, _pattern in _SCRIPTS), "fa"})
)  # that can be told


def language_of(text: str, *, headers: Sequence[tuple[str, str]] = ()) -> str:
    """The language as ISO 639-1, such as `de`; "" when nothing tells. text: without what is quoted.

    headers: of the mail; what they say of its language decides only where the words do not.
    """
    beginning = text[:MAX_CHARS]
    found = _by_script(beginning) or _by_words(beginning, among=_NOT_CYRILLIC)
    return found or (_declared(headers) if headers else "")


def _by_script(text: str) -> str:
    """The language of a script that outnumbers Latin letters; their words decide among Cyrillic ones."""
    foreign = "".join(_NOT_LATIN.findall(_ASCII.sub(" ", text)))
    if len(foreign) < _MIN_SCRIPT_CHARS:
        return ""
    latin = sum(map(len, _LATIN.findall(text)))
    for code, letters in _SCRIPTS:
        count = len(letters.findall(foreign))
        if count < _MIN_SCRIPT_CHARS or count * (4 if code == "ja" else 2) < latin:
            continue
        if code == "ar":
            return "fa" if _PERSIAN.search(text) else "ar"
        if code == "ru":
            return _by_words(text, among=_CYRILLIC) or ("uk" if _UKRAINIAN.search(text) else "ru")
        return code
    return ""


def _by_words(text: str, *, among: frozenset[str]) -> str:
    votes: Counter[str] = Counter()
    for each, times in Counter(text.casefold().replace("’", "'").split()).items():
        for code in _BY_WORD.get(each.strip(_AROUND), ()):
            if code in among:
                votes[code] += times
    ranked = votes.most_common(2)
    if not ranked or ranked[0][1] < _MIN_WORDS:
        return ""
    if len(ranked) > 1 and ranked[0][1] < ranked[1][1] * _MARGIN:
        return ""
    return ranked[0][0]


def _declared(headers: Sequence[tuple[str, str]]) -> str:
    """The first language that a header names."""
    said = {name.lower(): value for name, value in reversed(headers)}
    for name in ("content-language", "accept-language"):
        found = _TAG.match(said.get(name, ""))
        if found:
            code = found[1].lower()
            return _SAME.get(code, code)
    return ""
