"""Bytes become text, whatever the mail claims about them: declared charset, UTF-8, then what the bytes look like."""

import codecs
import re

from charset_normalizer import from_bytes

from helpdesk.lib.text import clean_text, word_set
from ticketing.mail.charset_guess import guess_legacy, is_sparse
from ticketing.mail.remarks import Remark, RemarkCode, remark

# Names seen in mails that Python does not know, and names whose Python codec is too narrow: senders label the
# Windows or GBK superset with the standard's name.
_ALIASES = {
    "ascii": "cp1252", "us-ascii": "cp1252", "ansi-x3-4-1968": "cp1252", "ansi": "cp1252", "iso-8859-1": "cp1252",
    "iso8859-1": "cp1252", "latin1": "cp1252", "latin-1": "cp1252", "iso-latin-1": "cp1252", "iso88591": "cp1252",
    "iso-8859-9": "cp1254", "iso8859-9": "cp1254", "latin5": "cp1254",
    "iso-8859-8-i": "iso8859-8", "iso-8859-8-e": "iso8859-8", "iso-8859-6-i": "iso8859-6", "logical": "iso8859-8",
    "tis-620": "cp874", "tis620": "cp874", "windows-874": "cp874", "iso-8859-11": "cp874",
    "gb2312": "gb18030", "gbk": "gb18030", "gb-2312": "gb18030", "gb-2312-80": "gb18030", "x-gbk": "gb18030",
    "cp936": "gb18030", "windows-936": "gb18030", "chinese": "gb18030", "gb18030-2000": "gb18030",
    "hz-gb-2312": "hz", "big5": "big5hkscs", "big-5": "big5hkscs", "x-x-big5": "big5hkscs", "cn-big5": "big5hkscs",
    "windows-950": "cp950",
    "ks-c-5601": "cp949", "ks-c-5601-1987": "cp949", "ks-c-5601-1989": "cp949", "ksc5601": "cp949", "ksc-5601": "cp949",
    "korean": "cp949", "euc-kr": "cp949", "euckr": "cp949", "windows-949": "cp949", "x-windows-949": "cp949",
    "shift-jis": "cp932", "sjis": "cp932", "x-sjis": "cp932", "ms-kanji": "cp932", "windows-31j": "cp932",
    "windows-932": "cp932", "cp932": "cp932", "x-euc-jp": "euc-jp", "iso-2022-jp": "iso2022-jp-ext",
    "iso-2022-jp-ms": "iso2022-jp-ext", "csiso2022jp": "iso2022-jp-ext",
    "unicode-1-1-utf-7": "utf-7", "utf7": "utf-7", "unicode-1-1-utf-8": "utf-8", "utf8": "utf-8", "utf-8mb4": "utf-8",
    "utf8mb4": "utf-8", "unicode": "utf-16", "ucs-2": "utf-16", "x-mac-roman": "mac-roman", "macintosh": "mac-roman",
    "x-mac-cyrillic": "mac-cyrillic", "koi8": "koi8-r", "koi": "koi8-r", "cskoi8r": "koi8-r", "viscii": "cp1258",
}  # fmt: skip
# Everything else Python can decode is no charset of mail; punycode takes quadratic time, unicode_escape runs escapes.
_ALLOWED = word_set(
    """
    big5 big5hkscs cp1125 cp1250 cp1251 cp1252 cp1253 cp1254 cp1255 cp1256 cp1257 cp1258 cp437 cp720 cp737 cp775
    cp850 cp852 cp855 cp856 cp857 cp858 cp860 cp861 cp862 cp863 cp864 cp865 cp866 cp869 cp874 cp932 cp949 cp950
    euc_jis_2004 euc_jisx0213 euc_jp gb18030 hp-roman8 hz iso2022_jp iso2022_jp_1 iso2022_jp_2 iso2022_jp_2004
    iso2022_jp_3 iso2022_jp_ext iso2022_kr iso8859-10 iso8859-13 iso8859-14 iso8859-15 iso8859-16 iso8859-2
    iso8859-3 iso8859-4 iso8859-5 iso8859-6 iso8859-7 iso8859-8 johab koi8-r koi8-t koi8-u kz1048 mac-centeuro
    mac-croatian mac-cyrillic mac-greek mac-iceland mac-latin2 mac-roman mac-romanian mac-turkish ptcp154 shift_jis
    shift_jis_2004 shift_jisx0213 tis-620 utf-16 utf-16-be utf-16-le utf-32 utf-32-be utf-32-le utf-7 utf-8
    """
)
_SINGLE_BYTE_WEST = frozenset({"cp1252", "iso8859-15", "cp1250", "iso8859-2", "cp1254", "mac-roman", "cp850", "cp437"})
_NOISE = re.compile(r"^[\s\"'=]*(?:3d)?[\s\"'=]*|[\s\"'].*$|\*.*$", re.DOTALL)
_SEPARATORS = re.compile(r"[\s_.]+|(?<=cp)-|(?<=utf)(?=\d)")
_NUMBERED = re.compile(r"^(?:cp|win|windows|x-cp|ibm|x-windows)-?(\d{3,5})$")
_ISO_NUMBERED = re.compile(r"^(?:x-)?iso-?8859-?(\d{1,2})$")
_known: dict[str, str | None] = {}
_MAX_KNOWN = 500
_GUESS_BYTES = 8192


def codec_for(declared: str) -> str | None:
    """The Python codec for a charset name as mails write it, or None for a name that means nothing.

    Misspellings, quotes, `3D` left over from quoted-printable and too narrow names are forgiven.
    """
    if declared not in _known:
        if len(_known) >= _MAX_KNOWN:
            _known.clear()
        _known[declared] = _look_up(declared)
    return _known[declared]


def _look_up(declared: str) -> str | None:
    name = _NOISE.sub("", declared[:80].lower())
    name = _SEPARATORS.sub("-", name)
    if alias := _ALIASES.get(name):
        return codecs.lookup(alias).name
    if match := _ISO_NUMBERED.match(name):
        number = match[1].lstrip("0")
        name = _ALIASES.get(f"iso-8859-{number}", f"iso8859-{number}")
    elif match := _NUMBERED.match(name):
        name = _ALIASES.get(f"cp{match[1]}", f"cp{match[1]}")
    try:
        codec = codecs.lookup(name).name
    except (LookupError, ValueError):
        return None
    return codec if codec in _ALLOWED else None


def decode(data: bytes, declared: str | None = None, *, default: str | None = None) -> tuple[str, Remark | None]:
    """The text of the bytes, and what was wrong with the declared charset (None when nothing).

    default: the charset to try for bytes that declare none or lie (the mailbox's setting, or the rest of the mail).
    """
    codec = codec_for(declared) if declared else None
    if data.isascii() and b"\x00" not in data and (codec is None or codec in _SINGLE_BYTE_WEST or codec == "utf-8"):
        return data.decode("ascii"), None
    text, defect = _decode(data, codec, declared, default)
    return clean_text(text.removeprefix("\ufeff")), defect


def _decode(data: bytes, codec: str | None, declared: str | None, default: str | None) -> tuple[str, Remark | None]:
    if codec and (text := _as_declared(data, codec)) is not None:
        return text, None
    utf8 = _strict(data, "utf-8")
    if utf8 is not None and "\x00" not in utf8:
        return utf8, remark(RemarkCode.CHARSET_IS_UTF8, declared=declared) if declared else None
    if (utf16 := _unmarked_utf16(data)) is not None:
        return utf16, None
    if utf8 is not None:
        return utf8, None
    if codec and codec not in _SINGLE_BYTE_WEST:
        # A few broken bytes in an otherwise fitting text: better a replacement character than another alphabet.
        text = data.decode(codec, "replace")
        if text.count("\ufffd") * 20 <= len(text):
            return text, remark(RemarkCode.BYTES_OUTSIDE_CHARSET, charset=declared or codec)
    if _mostly_utf8(data):
        return data.decode("utf-8", "replace"), remark(RemarkCode.BYTES_OUTSIDE_CHARSET, charset="UTF-8")
    for candidate in filter(None, (codec_for(default) if default else None,)):
        if (text := _strict(data, candidate)) is not None:
            return text, remark(RemarkCode.CHARSET_UNDECLARED, taken=candidate)
    guessed = _guess(data)
    return data.decode(guessed, "replace"), remark(RemarkCode.CHARSET_GUESSED, taken=guessed)


def _as_declared(data: bytes, codec: str) -> str | None:
    if codec in _SINGLE_BYTE_WEST:
        return _as_western(data, codec)
    if codec == "utf-16" and not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _unmarked_utf16(data)
    if codec == "utf-7" and not data.isascii():
        return None
    return _strict(data, codec)


def _as_western(data: bytes, codec: str) -> str | None:
    # A single-byte charset fits anything. Text that is also valid UTF-8 is UTF-8: in Latin-1 it would be gibberish.
    # Bytes that look like Cyrillic or Chinese are believed before the label "iso-8859-1", the default of old programs.
    if _strict(data, "utf-8") is not None:
        return None
    sample = data[:_GUESS_BYTES]
    if codec == "cp1252" and not is_sparse(sample) and guess_legacy(sample) not in (None, "cp1252", "cp1250"):
        return None
    return data.decode(codec, "replace")


def _strict(data: bytes, codec: str) -> str | None:
    try:
        return data.decode(codec)
    except (UnicodeError, ValueError):
        return None


def _unmarked_utf16(data: bytes) -> str | None:
    head = data[:400]
    if len(head) < 4 or head.count(0) * 5 < len(head) * 2:
        return None
    little = head[1::2].count(0) >= head[0::2].count(0)
    return data[: len(data) // 2 * 2].decode("utf-16-le" if little else "utf-16-be", "replace")


def _mostly_utf8(data: bytes) -> bool:
    text = data[:65536].decode("utf-8", "replace")
    return text.count("\ufffd") * 8 <= len(text) - len(text.encode("ascii", "ignore"))


def _guess(data: bytes) -> str:
    sample = data[:_GUESS_BYTES]
    if found := guess_legacy(sample):
        return found
    best = from_bytes(sample, steps=4, chunk_size=256).best()
    codec = codec_for(best.encoding) if best else None
    return codec or "cp1252"
