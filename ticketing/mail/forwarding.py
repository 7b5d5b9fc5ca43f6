"""Who wrote a mail that someone forwarded to us. Only the intake decides whose forwards are believed."""

from ticketing.mail.addresses import parse_addresses
from ticketing.mail.quote_starts import find_quote_start
from ticketing.mail.quote_words import FROM, LABEL, LABEL_KINDS
from ticketing.mail.values import Address, ParsedMail

_MAX_LINES = 5000
_HEADER_LINES = 12


def forwarded_author(mail: ParsedMail) -> Address | None:
    """The From of the top-most mail inserted in the text, or None when none is inserted or it names no address.

    What a sender typed, so no proof of anything: to be offered for known agents only, with a way back.
    """
    lines = mail.text.split("\n", _MAX_LINES)[:_MAX_LINES]
    start = find_quote_start(lines)
    if start is None or not start.is_forward:
        return None
    for line in lines[start.line : start.line + _HEADER_LINES]:
        label = LABEL.match(line)
        if label and LABEL_KINDS.get(label[1].strip().casefold()) == FROM:
            found, _ = parse_addresses(line[label.end() :].strip("* "), limit=1)
            return found[0] if found and "@" in found[0].address else None
    return None
