"""Cuts text into the words that search knows: the same for what is indexed and for what is asked."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from itertools import pairwise

MAX_WORD_CHARS = 60
MAX_TEXT_CHARS = 400_000
_WORD = re.compile(rf"[^\W_]{{1,{MAX_WORD_CHARS}}}")  # what is longer becomes several
# Scripts without spaces between words: every two neighbours are a word.
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]+")
_MARKS = re.compile("[\u0300-\u036f]")


def words_of(text: str) -> list[str]:
    """The words of the text in order, each once: small letters, without accents, at most MAX_WORD_CHARS long."""
    return list(_words(text[:MAX_TEXT_CHARS].strip()))


@lru_cache(maxsize=4)
def _words(text: str) -> tuple[str, ...]:
    """Kept for a moment: what a mail says may stand in a field of its ticket, too."""
    plain = folded(text)
    found = dict.fromkeys(_WORD.findall(plain))
    if plain.isascii() or not _UNSPACED.search(plain):
        return tuple(found)
    return tuple(dict.fromkeys(piece for word in found for piece in _pieces(word)))


def folded(text: str) -> str:
    """The text in small letters, compatibility forms and accents removed."""
    if text.isascii():
        return text.lower()
    return _MARKS.sub("", unicodedata.normalize("NFKD", text.casefold()))


def _pieces(word: str) -> list[str]:
    if not _UNSPACED.search(word):
        return [word]
    pieces: list[str] = []
    end = 0
    for run in _UNSPACED.finditer(word):
        pieces += [word[end : run.start()]] if run.start() > end else []
        pieces += ["".join(pair) for pair in pairwise(run[0])] if len(run[0]) > 1 else [run[0]]
        end = run.end()
    return [*pieces, word[end:]] if end < len(word) else pieces
