"""Where the sandbox keeps its mail, and who has an account there."""

from __future__ import annotations

import mailbox
from dataclasses import dataclass
from pathlib import Path

SUPPORT = "support@demo.test"
PASSWORD = "sandbox"  # noqa: S105  of a mail server that only loopback reaches
SUPPORT_HOME = "support"
CUSTOMERS_HOME = "customers"


@dataclass(frozen=True)
class Sandbox:
    """The folder of one sandbox."""

    folder: Path

    def prepare(self) -> None:
        """The account files that pymap reads, and the maildirs, are there."""
        from pysasl.hashing import BuiltinHash  # only the sandbox needs it

        self.maildir(SUPPORT_HOME).add_folder("Sent")
        self.maildir(CUSTOMERS_HOME)
        hashed = BuiltinHash().hash(PASSWORD)
        (self.folder / "pymap-etc-passwd").write_text(f"{SUPPORT}:x::::{SUPPORT_HOME}:\n")
        (self.folder / "pymap-etc-shadow").write_text(f"{SUPPORT}:{hashed}:::::::\n")
        for name in ("pymap-etc-group", "pymap-tokens"):
            (self.folder / name).touch()

    def maildir(self, home: str) -> mailbox.Maildir:
        """The inbox of this home; empty before the sandbox's servers first started."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return mailbox.Maildir(self.folder / home, create=True)

    def deliver(self, recipient: str, content: bytes) -> None:
        """The mail lies in the recipient's inbox; whoever is not the support desk is a customer."""
        local, _, domain = recipient.lower().partition("@")
        is_support = f"{local.split('+')[0]}@{domain}" == SUPPORT
        self.maildir(SUPPORT_HOME if is_support else CUSTOMERS_HOME).add(content)
