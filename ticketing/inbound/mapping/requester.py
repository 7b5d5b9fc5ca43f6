"""Who asks, where From says otherwise: the writer behind a list, in Reply-To, or of a mail that an agent passed on."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from helpdesk.lib.text import clean_line
from ticketing.inbound.envelope import Envelope, Requester, RequesterSource, plain_address
from ticketing.inbound.mapping.rules import Rules
from ticketing.mail.forwards import forwarded_sender
from ticketing.mail.values import Address, AutoKind
from ticketing.models.mapping import RequesterFrom

_POST = re.compile(r"<mailto:([^>?]+)", re.IGNORECASE)
_VIA = re.compile(r"\s+(?:via|über|par|por|tramite|przez)\s+\S.*$", re.IGNORECASE)


def find_requester(envelope: Envelope, rules: Rules, *, is_agent: Callable[[str], bool]) -> Requester | None:
    """Who asks; None for the sender. is_agent: asked only about the sender of a mail that looks passed on."""
    found = _forwarded(envelope, is_agent=is_agent) if rules.unwraps_forwards else None
    if found is None and rules.unwraps_lists:
        found = _behind_list(envelope)
    if found is None and rules.requester is RequesterFrom.REPLY_TO:
        found = _reply_to(envelope, RequesterSource.REPLY_TO)
    return found if found is not None and found.address != envelope.sender else None


def _forwarded(envelope: Envelope, *, is_agent: Callable[[str], bool]) -> Requester | None:
    kind = envelope.mail.automation.kind
    if envelope.answers or kind not in (None, AutoKind.LIST) or not envelope.sender:
        return None
    original = forwarded_sender(envelope.mail)
    if original is None or not is_agent(envelope.sender):
        return None
    return _requester(original, RequesterSource.FORWARDED)


def _behind_list(envelope: Envelope) -> Requester | None:
    """The writer of a mail whose From is the address of its list, as lists write it that must not forge From."""
    mail = envelope.mail
    post = {each.strip().lower() for each in _POST.findall(mail.header("list-post") or "")}
    is_via = bool(mail.header("list-id") and _VIA.search(envelope.sender_name))
    if not envelope.sender or not (envelope.sender in post or is_via):
        return None
    original = _requester(mail.original_from, RequesterSource.LIST) if mail.original_from else None
    found = original or _reply_to(envelope, RequesterSource.LIST, without=post)
    if found is None or found.name:
        return found
    return Requester(found.how, _VIA.sub("", envelope.sender_name).strip("'\" "), found.address)


def _reply_to(envelope: Envelope, how: RequesterSource, *, without: Iterable[str] = ()) -> Requester | None:
    others = {envelope.sender, *without}
    for each in envelope.recipients:
        if each.header == "reply_to" and each.address not in others:
            return Requester(how, each.name, each.address)
    return None


def _requester(address: Address, how: RequesterSource) -> Requester | None:
    plain = plain_address(address)
    return Requester(how, clean_line(address.name)[:200], plain) if plain else None
