"""A PostgreSQL server for the tests: the one in USHER_TEST_POSTGRESQL, or a private one that ends with the run."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy import URL, make_url

_START_SECONDS = 30
_CONFIGURATION = {"max_connections": "200", "listen_addresses": "127.0.0.1"}
#: what a database that nobody will miss can do without
_IN_A_HURRY = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off", "autovacuum": "off"}


class Server:
    """A running server, by the address of a superuser."""

    def __init__(self, address: URL) -> None:
        self._address = address.set(drivername="postgresql")

    def create(self, *, template: str | None = None) -> str:
        """Makes a database, as a copy of another one if one is named; returns its name."""
        name = f"usher_{uuid.uuid4().hex}"
        copied = sql.SQL(" TEMPLATE {}").format(sql.Identifier(template)) if template else sql.SQL("")
        self._run(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)) + copied)
        return name

    def drop(self, name: str) -> None:
        self._run(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    def url(self, name: str) -> str:
        """The database's address, as USHER_DATABASE_URL has it."""
        address = self._address.set(drivername="postgresql+psycopg", database=name)
        return address.render_as_string(hide_password=False)

    def disconnect_all(self, name: str) -> int:
        """Ends every connection to the database, as a restart of the server does. Returns how many there were."""
        with psycopg.connect(self._conninfo(), autocommit=True) as connection:
            ended = connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name]
            )
            return len(ended.fetchall())

    @contextmanager
    def connected(self, name: str) -> Iterator[psycopg.Connection]:
        """A connection to the database, as another program has one; every statement commits."""
        address = self._address.set(database=name).render_as_string(hide_password=False)
        with psycopg.connect(address, autocommit=True) as connection:
            yield connection

    def is_up(self) -> bool:
        try:
            psycopg.connect(self._conninfo(), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def _run(self, statement: sql.Composable) -> None:
        with psycopg.connect(self._conninfo(), autocommit=True) as connection:
            connection.execute(statement)

    def _conninfo(self) -> str:
        return self._address.render_as_string(hide_password=False)


@contextmanager
def running(*, durable: bool = False) -> Iterator[Server | None]:
    """A server for as long as the context lasts; None when this machine has no PostgreSQL.

    Args:
        durable: a private one keeps what it committed even when the machine loses power, as every server does by
            default; otherwise it is quick.
    """
    if given := os.environ.get("USHER_TEST_POSTGRESQL"):
        yield Server(make_url(given))
        return
    programs = _programs()
    if programs is None:
        yield None
        return
    home = Path(tempfile.mkdtemp(prefix="usher-postgresql-", dir="/tmp"))
    try:
        with _private_server(programs, home, _CONFIGURATION | ({} if durable else _IN_A_HURRY)) as server:
            yield server
    finally:
        shutil.rmtree(home, ignore_errors=True)


@contextmanager
def _private_server(programs: Path, home: Path, configuration: dict[str, str]) -> Iterator[Server]:
    data = home / "data"
    user: dict[str, str] = {}
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        shutil.chown(home, "postgres", "postgres")
        user = {"user": "postgres", "group": "postgres"}
    subprocess.run(
        [programs / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale", "C", "-N"],
        check=True, capture_output=True, cwd=home, **user,
    )  # fmt: skip
    port = _free_port()
    options = [f"-c{name}={value}" for name, value in configuration.items()]
    with (home / "log").open("wb") as log:
        process = subprocess.Popen(
            [programs / "postgres", "-D", data, "-p", str(port), "-k", home, *options],
            stdout=log, stderr=log, cwd=home, start_new_session=True, **user,
        )  # fmt: skip
        try:
            server = Server(URL.create("postgresql", "postgres", host="127.0.0.1", port=port, database="postgres"))
            deadline = time.monotonic() + _START_SECONDS
            while not server.is_up():
                if process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"PostgreSQL did not start:\n{(home / 'log').read_text()}")
                time.sleep(0.05)
            yield server
        finally:
            process.send_signal(signal.SIGINT)  # "fast shutdown": ends connections, then itself
            process.wait(timeout=_START_SECONDS)


def _programs() -> Path | None:
    """Where the server's programs are: the newest version's directory on Debian, else wherever PATH says."""
    versions = [path for path in Path("/usr/lib/postgresql").glob("*/bin") if (path / "initdb").exists()]
    if versions:
        return max(versions, key=lambda path: float(path.parent.name))
    found = shutil.which("initdb")
    return Path(found).resolve().parent if found else None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
