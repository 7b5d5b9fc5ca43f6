"""A private PostgreSQL with the roles of a real installation: an owner that migrates, and the application."""

import os
import pwd
import signal
import subprocess
from pathlib import Path

import psycopg
from psycopg import sql

from tests.servers.ports import free_port
from tests.servers.process import ServerProcess, program
from tests.servers.server import PrivateServer

OWNER = "postroom_owner"  # Owns databases and tables, may create databases, is not a superuser.
APPLICATION = "postroom"  # Owns nothing, may not bypass row-level security.

NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
CONNECTION_LIMIT = 100


class Postgres(PrivateServer):
    """A running server with the database `postroom`; loopback connections need no password.

    durable: keep fsync on, for tests that kill the server itself.
    settings: further server settings, such as {"log_statement": "all"}.
    """

    def __init__(self, *, durable: bool = False, settings: dict[str, str] | None = None) -> None:
        super().__init__("postgresql")
        self.port = free_port()
        self._settings = ({} if durable else NOT_DURABLE) | (settings or {})
        self._account = "postgres" if os.geteuid() == 0 else None

    def start(self) -> None:
        """The server accepts connections, with the data it had before."""
        options = {
            "port": str(self.port),
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "max_connections": str(CONNECTION_LIMIT),
            **self._settings,
        }
        arguments = [f"--{name}={value}" for name, value in options.items()]
        self._process = ServerProcess(
            [_server_program("postgres"), "-D", str(self.folder / "data"), *arguments],
            folder=self.folder,
            user=self._account,
            death_signal="QUIT",  # PostgreSQL's immediate shutdown, which takes its children along.
        )
        self._process.wait_until(self._answers)

    def stop(self, *, stop_signal: int = signal.SIGQUIT) -> None:
        """The server is gone; its data stays until the context ends."""
        if self._process is not None:
            self._process.stop(stop_signal=stop_signal)
            self._process = None

    def restart(self) -> None:
        """Every connection was cut, and the same data is served again on the same port."""
        self.stop(stop_signal=signal.SIGINT)
        self.start()

    def url(self, *, role: str = APPLICATION, database: str = "postroom") -> str:
        """The address of a database as a role, in the form DATABASE_URL takes."""
        return f"postgres://{role}:{role}@127.0.0.1:{self.port}/{database}"

    def create_database(self, name: str) -> None:
        """An empty database owned by the owner role."""
        self._as_superuser(sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(name), sql.Identifier(OWNER)))

    def drop_database(self, name: str) -> None:
        """The database is gone, and so are the connections to it."""
        self._as_superuser(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def _come_up(self) -> None:
        self._create_cluster()
        self.start()
        self._create_roles()
        self.create_database("postroom")

    def _create_cluster(self) -> None:
        if self._account:
            account = pwd.getpwnam(self._account)
            os.chown(self.folder, account.pw_uid, account.pw_gid)
        arguments = ["-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C.UTF-8"]
        command = [_server_program("initdb"), "-D", str(self.folder / "data"), *arguments]
        drop = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "--"] if self._account else []
        subprocess.run(
            [*drop, *command], check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, cwd=self.folder
        )

    def _create_roles(self) -> None:
        # CREATEDB lets the test runner make `test_…` databases as the owner.
        for role, rights in ((OWNER, "CREATEDB"), (APPLICATION, "NOCREATEDB")):
            self._as_superuser(
                sql.SQL("CREATE ROLE {} LOGIN PASSWORD {} NOSUPERUSER NOBYPASSRLS NOCREATEROLE " + rights).format(
                    sql.Identifier(role), sql.Literal(role)
                )
            )
        # Test databases are dropped while somebody may still have a connection to them.
        self._as_superuser(sql.SQL("GRANT pg_signal_backend TO {}").format(sql.Identifier(OWNER)))

    def _as_superuser(self, statement: sql.Composed) -> None:
        with psycopg.connect(self.url(role="postgres", database="postgres"), autocommit=True) as connection:
            connection.execute(statement)

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url(role="postgres", database="postgres"), connect_timeout=1).close()
        except psycopg.OperationalError:
            return False
        return True


def _server_program(name: str) -> str:
    """Debian keeps the server's programs outside PATH, a folder for each version; 15 is the one we test on."""
    versions = Path("/usr/lib/postgresql")
    installed = sorted(versions.glob("*/bin"), key=lambda path: (path.parent.name != "15", path))
    return program(name, also_in=installed)
