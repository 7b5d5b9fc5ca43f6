"""Automatic mail as the policy asks about it: its class, the sign it was known by, and what was set for it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ticketing.mail.values import ParsedMail
from ticketing.models.automatic import AutomaticClass, NewMail, OnTicket

_DAEMON = "mailer-daemon@"


@dataclass(frozen=True, slots=True)
class Rule:
    """What becomes of the mails of one class."""

    new: NewMail
    on_ticket: OnTicket


Rules = Mapping[AutomaticClass, Rule]

_IGNORED = Rule(NewMail.IGNORE, OnTicket.IGNORE)
_NOTED = Rule(NewMail.IGNORE, OnTicket.NOTE)
_TAKEN = Rule(NewMail.TICKET, OnTicket.ANSWER)
DEFAULTS: Rules = {
    AutomaticClass.VACATION: _NOTED,
    AutomaticClass.AUTO_REPLY: _IGNORED,
    AutomaticClass.READ_RECEIPT: _IGNORED,
    AutomaticClass.FEEDBACK: _IGNORED,
    AutomaticClass.GENERATED: _TAKEN,
    AutomaticClass.LIST: _TAKEN,
}


@dataclass(frozen=True, slots=True)
class Recognised:
    """The class of an automatic mail, and the header that showed it."""

    kind: AutomaticClass
    signal: str


def recognise(mail: ParsedMail, *, sender: str) -> Recognised | None:
    """The class of the mail; None for what a person wrote, and for reports of failed delivery.

    Of mail that says nothing else, an empty return path or the name of the mail system in From says a server made it.
    """
    automation = mail.automation
    if automation.kind is not None:
        known = automation.kind.value
        return Recognised(AutomaticClass(known), automation.signal) if known in AutomaticClass.values else None
    if sender.startswith(_DAEMON):
        return Recognised(AutomaticClass.GENERATED, f"From: {sender}")
    paths = [value.strip() for name, value in mail.headers if name.lower() == "return-path"]
    if paths and paths[0] == "<>":
        return Recognised(AutomaticClass.GENERATED, "Return-Path: <>")
    return None


def places(kind: AutomaticClass) -> tuple[OnTicket, ...]:
    """What can be chosen on a ticket. What answers by itself, or reports, is never an answer."""
    if DEFAULTS[kind].on_ticket is OnTicket.ANSWER:
        return (OnTicket.ANSWER, OnTicket.NOTE, OnTicket.IGNORE)
    return (OnTicket.NOTE, OnTicket.IGNORE)


def stored_rules(choices: Mapping[str, Mapping[str, str]]) -> Rules:
    """The rules of every class, from the choices that are stored."""
    rules = dict(DEFAULTS)
    for kind in AutomaticClass:
        if kind.value in choices:
            chosen = choices[kind.value]
            rules[kind] = Rule(NewMail(chosen["new"]), OnTicket(chosen["on_ticket"]))
    return rules
