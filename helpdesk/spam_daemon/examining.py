"""Whether the daemon answers, and what to do where it does not: a harmless mail is shown to it."""

from __future__ import annotations

from helpdesk.spam_daemon.asking import ask
from helpdesk.spam_daemon.values import Daemon, Trouble

_HARMLESS = b"From: doctor@localhost\r\nSubject: Does the spam filter answer?\r\n\r\nNo spam.\r\n"
_ADVICE: dict[Trouble, str] = {
    Trouble.UNREACHABLE: "cannot be reached. Is it running, and is SPAM_DAEMON_URL right?",
    Trouble.TIMEOUT: "does not answer within SPAM_DAEMON_TIMEOUT_S. Is it overloaded, or does it wait for the network?",
    Trouble.REFUSED: "refuses us. For spamd, name this machine in --allowed-ips; for Rspamd, set SPAM_DAEMON_PASSWORD.",
    Trouble.GARBAGE: "answers what it should not. Is it SPAM_DAEMON_URL that says the right kind and port?",
}


def examine_daemon(daemon: Daemon) -> tuple[bool, str]:
    """Whether it gave a verdict, and the sentence about it."""
    heard = ask(daemon, _HARMLESS)
    if heard.trouble is None:
        return True, f"{daemon.name} at {daemon.place} answers."
    return False, f"{daemon.name} at {daemon.place} {_ADVICE[heard.trouble]} Mail goes on without it meanwhile."
