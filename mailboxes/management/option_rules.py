"""Which options of `manage.py add_mailbox` go together: what a kind needs, and what only some kinds have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.management.base import CommandError

from mailboxes.models import ConnectionKind

Options = Mapping[str, Any]
IMAP, POP3, EWS, GRAPH = ConnectionKind.IMAP, ConnectionKind.POP3, ConnectionKind.EWS, ConnectionKind.GRAPH
_ACCOUNT = ("username", "password_env")
_APP = ("tenant", "client_id", "client_secret_env")
_SERVERS = (*_ACCOUNT, *_APP, "smtp_host", "outgoing", "proxy")
# An option, the kinds that have it, and how the sentence names them.
_OF_KINDS = (
    ("impersonate", (EWS,), "--ews-host"),
    ("remote_user", (EWS, GRAPH), "--ews-host and --graph"),
    ("sends_itself", (EWS, GRAPH), "--ews-host and --graph"),
    ("more", (EWS, GRAPH), "--ews-host and --graph"),
    ("real_time", (IMAP, GRAPH), "--imap-host and --graph"),
)


def kind_of(options: Options) -> ConnectionKind:
    """How the mailbox is read."""
    if options["push"]:
        return ConnectionKind.PUSH
    return GRAPH if options["graph"] else next(kind for kind in (IMAP, POP3, EWS) if options[f"{kind}_host"])


def has_app(options: Options) -> bool:
    """True if an app registered at Microsoft reads by its own right."""
    return any(options[name] for name in _APP)


def refuse_contradictions(options: Options) -> None:
    """Raises CommandError: something is missing for this kind of mailbox, or belongs to another one."""
    kind = kind_of(options)
    if kind is ConnectionKind.PUSH:
        _refuse_servers(options)
        return
    for name, kinds, words in _OF_KINDS:
        if options[name] and kind not in kinds:
            raise CommandError(f"{_option(name)} goes with {words} alone.")
    if kind is GRAPH or has_app(options):
        _refuse_halves_of_app(options, kind=kind)
    else:
        _need(options, _ACCOUNT, why="how to sign in to the server")
    if options["smtp_username"] and not options["smtp_host"]:
        raise CommandError("--smtp-username goes with --smtp-host.")


def _refuse_servers(options: Options) -> None:
    given = [name for name in (*_SERVERS, *(name for name, *_ in _OF_KINDS)) if options[name]]
    if given:
        sentence = "goes with a server that is read. With --push, replies leave by the default server."
        raise CommandError(f"{_option(given[0])} {sentence}")


def _refuse_halves_of_app(options: Options, *, kind: ConnectionKind) -> None:
    if kind not in (EWS, GRAPH):
        raise CommandError("An app registration reads with --ews-host and --graph alone.")
    _need(options, _APP, why="the app registered at Microsoft")
    given = [name for name in (*_ACCOUNT, "impersonate", "smtp_host") if options[name]]
    if given == ["smtp_host"] and options["smtp_username"]:
        return
    if given:
        raise CommandError(f"{_option(given[0])} goes with an account and its password, not with an app registration.")


def _need(options: Options, names: tuple[str, ...], *, why: str) -> None:
    for name in names:
        if not options[name]:
            raise CommandError(f"{_option(name)} is missing: {why}.")


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"
