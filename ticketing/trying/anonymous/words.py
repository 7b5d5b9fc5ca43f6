"""Words of one mail, each replaced by a made-up one of the same length and look, everywhere the same."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection
from functools import lru_cache
from hashlib import blake2b

from ticketing.mail.charset import codec_for

# A domain behind an @, or a word: letters and digits.
_PIECE = re.compile(r"(?<=@)[^\W_](?:[\w-]|\.(?=\w))*|[^\W_]+")
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_BLOCK = 32  # neighbours in Unicode among which a letter is exchanged: mostly of the same alphabet
_TOP = "invalid"  # in place of a top-level domain: nobody's address is made up


class Words:
    """The replacements of one mail. Whoever lacks the key cannot tell the words that were there."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._seeds: dict[str, bytes] = {}

    def text(self, text: str, *, codec: str = "utf-8", kept: Collection[str] = (), keeps_digits: bool = False) -> str:
        """The text with other words.

        codec: what it will be written in; each letter takes as many bytes as before. kept: lower-cased words that
        stay. keeps_digits: words of digits alone stay, too.
        """

        def other(match: re.Match[str]) -> str:
            word = match[0]
            if word.lower() in kept or (keeps_digits and word.isdigit()):
                return word
            if "." in word:
                *labels, _ = word.split(".")
                return ".".join([*(self._word(label, codec) for label in labels), _TOP])
            return self._word(word, codec)

        return _PIECE.sub(other, text)

    def content(self, content: bytes, declared: str | None, change: Callable[[str, str], str] | None = None) -> bytes:
        """Text with other words: in UTF-8 where it looks so, in the charset that is declared, else as Western bytes.

        change: from text and codec to the text that takes its place; `text` when None.
        """
        named = codec_for(declared or "")
        for codec in (named if content.isascii() else None, "utf-8", named, "latin-1"):
            text = _decoded(content, codec)
            if codec is not None and text is not None:
                changed = self.text(text, codec=codec) if change is None else change(text, codec)
                return changed.encode(codec, "replace")
        raise AssertionError("Latin-1 takes any bytes.")

    def _word(self, word: str, codec: str) -> str:
        folded = word.lower()
        seed = self._seeds.get(folded)
        if seed is None:
            digest = blake2b(folded.encode("utf-8", "surrogatepass"), key=self._key, digest_size=32)
            seed = self._seeds[folded] = digest.digest()
        return "".join(_other(letter, seed[at % len(seed)], codec) for at, letter in enumerate(word))


def _decoded(content: bytes, codec: str | None) -> str | None:
    try:
        return content.decode(codec) if codec else None
    except (UnicodeError, LookupError):
        return None


@lru_cache(maxsize=50_000)
def _other(letter: str, turn: int, codec: str) -> str:
    """Another letter or digit of its kind, the `turn`th; never the same."""
    if letter.isascii() and letter.isdigit():
        return str((int(letter) + 1 + turn % 9) % 10)
    low = letter.lower()
    if low == letter:
        return _neighbour(letter, turn, codec)
    if len(low) != 1:
        return "X"
    new = _neighbour(low, turn, codec)
    upper = new.upper()
    return upper if len(upper) == 1 and _size(upper, codec) == _size(letter, codec) else new


def _neighbour(letter: str, turn: int, codec: str) -> str:
    if letter in _LETTERS:
        return _LETTERS[(_LETTERS.index(letter) + 1 + turn % 25) % 26]
    kin = _kin(ord(letter) // _BLOCK * _BLOCK, unicodedata.category(letter), _size(letter, codec), codec)
    if len(kin) < 2:
        return "x"
    return kin[(kin.index(letter) + 1 + turn % (len(kin) - 1)) % len(kin)]


@lru_cache(maxsize=5_000)
def _kin(first: int, kind: str, size: int, codec: str) -> str:
    """The letters of a block that are of one kind and take as many bytes."""
    block = (chr(code) for code in range(first, first + _BLOCK))
    return "".join(each for each in block if unicodedata.category(each) == kind and _size(each, codec) == size)


def _size(letter: str, codec: str) -> int:
    try:
        return len(letter.encode(codec))
    except UnicodeError:
        return 0
