"""Files that old programs put into the text as uuencode (begin 644 name ... end)."""

import binascii
import re

_BEGIN = re.compile(r"^begin(?:-base64)?[ \t]+([0-7]{3,4})[ \t]+(\S[^\n]{0,200})\n", re.MULTILINE)
_BODY_BEGIN = re.compile(rb"^begin[ \t]+[0-7]{3,4}[^\r\n]*\r?\n", re.MULTILINE)
_MAX_FILES = 50


def extract_uu(text: str) -> tuple[str, list[tuple[str, bytes]]]:
    """The text without its uuencoded blocks, and the (name, content) of each block, damaged ones as far as they go."""
    if "begin" not in text:
        return text, []
    files: list[tuple[str, bytes]] = []
    kept: list[str] = []
    position = 0
    while len(files) < _MAX_FILES and (match := _BEGIN.search(text, position)):
        content, end = _block(text, match.end())
        if not content:
            kept.append(text[position : match.end()])
            position = match.end()
            continue
        kept.append(text[position : match.start()])
        files.append((match[2].strip(), content))
        position = end
    kept.append(text[position:])
    return "".join(kept), files


def decode_uu_body(data: bytes) -> bytes:
    """The content of a part whose transfer encoding is uuencode; the bytes as they are when it has no begin line."""
    begin = _BODY_BEGIN.search(data)
    if not begin:
        return data
    content, _ = _block(data[begin.end() :].decode("latin-1").replace("\r\n", "\n"), 0)
    return content


def _block(text: str, start: int) -> tuple[bytes, int]:
    decoded: list[bytes] = []
    position = start
    while position < len(text):
        line_end = text.find("\n", position)
        line_end = len(text) if line_end < 0 else line_end
        line = text[position:line_end].rstrip("\r")
        position = line_end + 1
        if line.strip() in ("end", "`", ""):
            if line.strip() == "end":
                break
            continue
        piece = _line(line)
        if piece is None:
            return b"".join(decoded), position - len(line) - 1
        decoded.append(piece)
    return b"".join(decoded), min(position, len(text))


def _line(line: str) -> bytes | None:
    try:
        raw = line.encode("ascii")
    except UnicodeEncodeError:
        return None
    count = (raw[0] - 32) & 63
    needed = 1 + (count + 2) // 3 * 4
    if len(raw) > 90 or not 32 <= raw[0] <= 96 or len(raw) < needed - 4:
        return None
    try:
        return binascii.a2b_uu(raw[:needed])
    except binascii.Error:
        return None
