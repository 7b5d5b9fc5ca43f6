"""A private Dovecot: IMAP, POP3 and LMTP over Maildir, with TLS, passwords and OAuth bearer tokens.

The configuration is in `dovecot_configuration`, bearer tokens in `oauth_introspection`.
"""

import os
import pwd
import signal
import subprocess
import time
from dataclasses import astuple, dataclass
from pathlib import Path

from imapclient import IMAPClient, imap_utf7

from tests.servers.certificates import Certificate, CertificateAuthority
from tests.servers.dovecot_configuration import Ports, configuration, oauth_configuration
from tests.servers.oauth_introspection import Introspection
from tests.servers.ports import free_port, is_listening
from tests.servers.process import ServerFailed, ServerProcess, program
from tests.servers.server import PrivateServer
from tests.servers.waiting import wait_until

LOGIN_TIMEOUT_S = 10.0


@dataclass(frozen=True)
class StoredMail:
    """A mail as an IMAP client sees it."""

    uid: int
    flags: frozenset[str]  # such as "\\Seen", "$Forwarded"
    raw: bytes  # CRLF line ends


class Dovecot(PrivateServer):
    """A running server; its ports are `imap_port` (STARTTLS), `imaps_port`, `pop3_port`, `pop3s_port`, `lmtp_port`.

    certificate: what it shows; one for localhost by the authority unless told otherwise.
    oauth: also offer XOAUTH2 and OAUTHBEARER; `add_token` makes tokens.
    Every user has Drafts, Sent, Junk, Trash and Archive, marked by special use (RFC 6154).
    """

    def __init__(
        self,
        *,
        authority: CertificateAuthority | None = None,
        certificate: Certificate | None = None,
        oauth: bool = False,
    ) -> None:
        super().__init__("dovecot")
        self.authority = authority or CertificateAuthority(self.folder)
        self._certificate = certificate or self.authority.issue()
        self.ports = Ports(*(free_port() for _ in range(5)))
        self._account = pwd.getpwnam("mail") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
        self._passwords: dict[str, str] = {}
        self._introspection = Introspection() if oauth else None
        self._delivered = 0
        self._password_changes = 0

    @property
    def imap_port(self) -> int:
        """IMAP in clear text that offers STARTTLS."""
        return self.ports.imap

    @property
    def imaps_port(self) -> int:
        """IMAP with TLS from the first byte."""
        return self.ports.imaps

    @property
    def pop3_port(self) -> int:
        """POP3 in clear text that offers STLS."""
        return self.ports.pop3

    @property
    def pop3s_port(self) -> int:
        """POP3 with TLS from the first byte."""
        return self.ports.pop3s

    @property
    def lmtp_port(self) -> int:
        """LMTP for local delivery, without a password."""
        return self.ports.lmtp

    @property
    def ca_path(self) -> Path:
        """The certificate of the authority that a client has to trust."""
        return self.authority.ca_path

    @property
    def log(self) -> str:
        """What the server wrote lately."""
        return (self.folder / "dovecot-messages.log").read_text(errors="replace")[-5000:]

    # The server as a whole.

    def start(self) -> None:
        """The server answers, on the same ports as ever, with the mail it had."""
        arguments = [program("dovecot"), "-F", "-c", str(self.folder / "dovecot.conf")]
        self._process = ServerProcess(arguments, folder=self.folder)
        # It opens them one after the other, and a busy machine may let a client come in between.
        self._process.wait_until(lambda: all(is_listening(port) for port in astuple(self.ports)))

    def stop(self) -> None:
        """Clients were told goodbye, and nothing listens; takes about a second."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """Every connection was cut at once, as by a crash, and nothing listens."""
        self._end(signal.SIGKILL)

    def restart(self) -> None:
        """Every connection was cut at once, and the server answers again."""
        self.kill()
        self.start()

    def revive(self) -> None:
        """The server answers, whether it was paused, stopped or killed before."""
        self.resume()
        if self._process is None or not self._process.is_running:
            self.start()

    def _come_up(self) -> None:
        self._write_configuration()
        self.start()

    def _go_down(self) -> None:
        self.kill()
        if self._introspection is not None:
            self._introspection.close()

    # People.

    def add_user(self, name: str, password: str) -> None:
        """This user can sign in with this password, which replaces an earlier one. No colon in the name."""
        self._passwords[name] = password
        self._write_user(name, password)
        self._wait_for_password(name, password)

    def switch_off(self, name: str) -> None:
        """This user's password is right, but the account may not sign in."""
        password = self._passwords.pop(name)
        self._write_user(name, password, extra="nologin=y")
        wait_until(
            lambda: "nologin" in self._tried(name, password).stdout,
            timeout_s=LOGIN_TIMEOUT_S,
            what=f"that Dovecot keeps {name} out",
        )

    def remove_user(self, name: str) -> None:
        """This user can no longer sign in; the mail stays."""
        self._passwords.pop(name, None)
        (self.folder / "users" / name).unlink(missing_ok=True)

    def _write_user(self, name: str, password: str, *, extra: str = "") -> None:
        path = self.folder / "users" / name
        path.write_text(f"{name}:{{PLAIN}}{password}::::::{extra}\n")
        # Dovecot reads a changed file again only if its time stamp differs, in whole seconds.
        self._password_changes += 1
        os.utime(path, (self._password_changes, self._password_changes))

    def add_token(self, name: str, token: str) -> None:
        """This bearer token signs this user in by XOAUTH2 or OAUTHBEARER. Only with oauth=True."""
        self._tokens[token] = name

    def revoke_token(self, token: str) -> None:
        """This bearer token no longer signs anybody in. Only with oauth=True."""
        self._tokens.pop(token, None)

    # Mail.

    def deliver(self, user: str, raw: bytes, *, folder: str = "INBOX") -> None:
        """The mail is in the folder, made if missing; idle clients are told. Works on a stopped server too.

        raw: kept as it is; Dovecot shows bare LF as CRLF, and NUL as 0x80.
        """
        self._delivered += 1
        target = self._maildir(user, folder)
        name = f"{time.time_ns()}.{os.getpid()}_{self._delivered}.localhost"
        draft = target / "tmp" / name
        draft.write_bytes(raw)
        self._give_to_server(draft)
        draft.rename(target / "new" / name)

    def folder_messages(self, user: str, folder: str = "INBOX") -> list[StoredMail]:
        """What the folder holds in the order of UIDs, read over IMAP without marking anything as seen."""
        with self.client(user) as client:
            client.select_folder(folder, readonly=True)
            answers = client.fetch(client.search(), ["FLAGS", "BODY.PEEK[]"])
        return [
            StoredMail(uid, frozenset(flag.decode() for flag in data[b"FLAGS"]), data[b"BODY[]"])
            for uid, data in sorted(answers.items())
        ]

    def client(self, user: str) -> IMAPClient:
        """A signed-in client of the tests' own, to look or to act as the owner of the mailbox."""
        client = IMAPClient("127.0.0.1", port=self.imap_port, ssl=False, timeout=LOGIN_TIMEOUT_S)
        client.login(user, self._passwords[user])
        return client

    def reset_uidvalidity(self, user: str, folder: str = "INBOX", *, to: int | None = None) -> int:
        """The folder holds the same mail under UIDs that start at 1 again; gives the new UIDVALIDITY (`to` if given).

        Open connections of every user are cut, since the server is down meanwhile.
        """
        with self.client(user) as client:
            old = client.folder_status(folder, ["UIDVALIDITY"])[b"UIDVALIDITY"]
        new = int(old) + 1 if to is None else to
        self.kill()
        maildir = self._maildir(user, folder)
        for pattern in ("dovecot-uidlist*", "dovecot.index*"):
            for path in maildir.glob(pattern):
                path.unlink()
        uids = maildir / "dovecot-uidlist"
        uids.write_text(f"3 V{new} N1\n")
        self._give_to_server(uids)
        self.start()
        return new

    @property
    def _tokens(self) -> dict[str, str]:
        if self._introspection is None:
            raise ServerFailed("this Dovecot was started without oauth=True")
        return self._introspection.users_by_token

    def _maildir(self, user: str, folder: str) -> Path:
        """The folder's directory in Maildir++ layout, made if missing."""
        path = self.folder / "mail" / user
        if folder.upper() != "INBOX":
            path /= "." + imap_utf7.encode(folder).decode().replace("/", ".")
        for part in (path, path / "cur", path / "new", path / "tmp"):
            if not part.is_dir():
                part.mkdir(parents=True)
                self._give_to_server(part)
                self._give_to_server(part.parent)
        return path

    def _write_configuration(self) -> None:
        for name in ("mail", "users", "run"):
            (self.folder / name).mkdir()
        self._give_to_server(self.folder / "mail")
        if self._introspection is not None:
            (self.folder / "oauth.conf").write_text(oauth_configuration(self._introspection.url))
        (self.folder / "dovecot.conf").write_text(
            configuration(
                folder=self.folder,
                ports=self.ports,
                certificate=self._certificate.path,
                account=self._account.pw_name,
                oauth=self._introspection is not None,
            )
        )

    def _end(self, number: int) -> None:
        if self._process is not None:
            self._process.stop(stop_signal=number)
            self._process = None

    def _wait_for_password(self, name: str, password: str) -> None:
        """Dovecot looks at a changed password file at most once a second."""
        wait_until(
            lambda: self._tried(name, password).returncode == 0,
            timeout_s=LOGIN_TIMEOUT_S,
            what=f"that Dovecot knows the password of {name}",
        )

    def _tried(self, name: str, password: str) -> subprocess.CompletedProcess[str]:
        command = [program("doveadm"), "-c", str(self.folder / "dovecot.conf"), "auth", "test", name, password]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    def _give_to_server(self, path: Path) -> None:
        if os.geteuid() == 0:
            os.chown(path, self._account.pw_uid, self._account.pw_gid)
