"""`usher` in a process of its own, without the second that Python takes to read the code each time.

One process reads all of it once and waits. For every call (`warm_client`) it forks: the child is `usher` as it would be
after its imports, with the caller's arguments, directory, environment and files. When the caller is killed, so is it.

`python -m tests.support.warm_usher SOCKET` is that process.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import pkgutil
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import bot
import storage
from bot.cli import main

#: bytes of a call: arguments and environment
_LONGEST = 1 << 17
_CLIENT = Path(__file__).with_name("warm_client.py")


@contextmanager
def warm_usher() -> Iterator[list[str]]:
    """The command that stands for `usher`, for as long as the context lasts."""
    with tempfile.TemporaryDirectory(prefix="usher-warm-") as directory:
        address = f"{directory}/calls"
        command = [sys.executable, "-m", "tests.support.warm_usher", address]
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as process:
            try:
                assert process.stdout is not None
                assert process.stdout.readline() == b"ready\n"
                yield [sys.executable, "-I", "-S", str(_CLIENT), address]
            finally:
                process.kill()


def _serve(address: str) -> None:
    _read_everything()
    gc.freeze()
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    listener.bind(address)
    listener.listen()
    print("ready", flush=True)
    with selectors.DefaultSelector() as waiting:
        waiting.register(listener, selectors.EVENT_READ)
        while True:
            for key, _ in waiting.select():
                if key.fileobj is listener:
                    connection, _address = listener.accept()
                    pid = _fork(connection, listener)
                    with suppress(OSError):
                        connection.send(str(pid).encode())
                    waiting.register(connection, selectors.EVENT_READ, pid)  # readable: the caller is gone
                    waiting.register(os.pidfd_open(pid), selectors.EVENT_READ, (pid, connection))
                elif isinstance(key.data, int):
                    waiting.unregister(key.fileobj)
                    os.kill(key.data, signal.SIGKILL)
                else:
                    pid, connection = key.data
                    waiting.unregister(key.fileobj)
                    os.close(key.fd)
                    _tell(connection, os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
                    with suppress(KeyError):
                        waiting.unregister(connection)
                    connection.close()


def _tell(connection: socket.socket, code: int) -> None:
    with suppress(OSError):
        connection.send(str(code).encode())


def _read_everything() -> None:
    for package in (bot, storage):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.endswith("__main__") and ".migrations" not in module.name:
                importlib.import_module(module.name)
    for library in ("aiosqlite", "alembic.command", "psycopg", "rich.table", "uvloop"):
        importlib.import_module(library)


def _fork(connection: socket.socket, listener: socket.socket) -> int:
    message, descriptors, _, _ = socket.recv_fds(connection, _LONGEST, 3)
    if pid := os.fork():
        for descriptor in descriptors:
            os.close(descriptor)
        return pid
    try:
        listener.close()
        connection.close()
        code = _become_usher(json.loads(message), descriptors)
    except BaseException:
        sys.excepthook(*sys.exc_info())  # type: ignore[arg-type]
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _become_usher(call: dict[str, Any], descriptors: list[int]) -> int:
    for number, descriptor in enumerate(descriptors):
        os.dup2(descriptor, number)
        os.close(descriptor)
    os.chdir(call["directory"])
    os.environ.clear()
    os.environ.update(call["environment"])
    sys.argv = ["usher", *call["arguments"]]
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        main()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0


if __name__ == "__main__":
    _serve(sys.argv[1])
