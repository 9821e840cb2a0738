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
#: bytes: PostgreSQL's log grows to one GiB by default, and each test has a database of some MB
_ENOUGH_MEMORY = 4 * 1024**3
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


class PrivateServer(Server):
    """A server of the tests' own, in a directory of its own, which can be stopped, crash and be started again."""

    def __init__(self, programs: Path, home: Path, configuration: dict[str, str]) -> None:
        port = _free_port()
        super().__init__(URL.create("postgresql", "postgres", host="127.0.0.1", port=port, database="postgres"))
        options = [f"-c{name}={value}" for name, value in configuration.items()]
        self._home, self._programs = home, programs
        self._command = [programs / "postgres", "-D", home / "data", "-p", str(port), "-k", home, *options]
        self._user = {"user": "postgres", "group": "postgres"} if os.geteuid() == 0 else {}  # it refuses to run as root
        self._process: subprocess.Popen[bytes] | None = None

    def make(self) -> None:
        """Makes its directory."""
        if self._user:
            shutil.chown(self._home, "postgres", "postgres")
        initdb = [self._programs / "initdb", "-D", self._home / "data", "-U", "postgres", "-A", "trust", "-E", "UTF8"]
        subprocess.run([*initdb, "--locale", "C", "-N"], check=True, capture_output=True, cwd=self._home, **self._user)

    def start(self) -> None:
        """Starts it, and waits until it takes connections."""
        with (self._home / "log").open("ab") as log:
            process = subprocess.Popen(
                self._command, stdout=log, stderr=log, cwd=self._home, start_new_session=True, **self._user
            )
        self._process = process
        deadline = time.monotonic() + _START_SECONDS
        while not self.is_up():
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL did not start:\n{(self._home / 'log').read_text()}")
            time.sleep(0.05)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stops it: SIGINT ends connections first, SIGQUIT is as a crash, after which it has to recover."""
        assert self._process is not None
        self._process.send_signal(how)
        self._process.wait(timeout=_START_SECONDS)

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Nothing of it runs, as on a machine that hangs; only the operating system answers for it."""
        everything = self._processes()
        try:
            for pid in everything:
                os.kill(pid, signal.SIGSTOP)
            yield
        finally:
            for pid in everything:
                os.kill(pid, signal.SIGCONT)

    def _processes(self) -> list[int]:
        assert self._process is not None
        pid = self._process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
        return [pid, *map(int, children.split())]


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
    with private(durable=durable) as server:
        yield server


@contextmanager
def private(*, durable: bool = False) -> Iterator[PrivateServer | None]:
    """The same, a private one in any case."""
    programs = _programs()
    if programs is None:
        yield None
        return
    home = Path(tempfile.mkdtemp(prefix="usher-postgresql-", dir="/tmp" if durable else _quickest()))
    server = PrivateServer(programs, home, _CONFIGURATION | ({} if durable else _IN_A_HURRY))
    try:
        server.make()
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _quickest() -> str:
    """Memory, where there is enough of it: a database is hundreds of files, and ext4 is slow to make so many anew."""
    memory = Path("/dev/shm")
    return str(memory) if memory.is_dir() and shutil.disk_usage(memory).free > _ENOUGH_MEMORY else "/tmp"


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
