"""A browser's profile: a directory that keeps a sign-in, for one process at a time.

Two locks say whose turn it is. They are the kernel's, so neither outlives its holder. Whoever runs the browser holds
`in-use`. Whoever wants the profile for a moment (a person who signs in, `usher check`) says so by holding `wanted`: the
holder sees that, closes its browser, and stays away until they are done.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import socket
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Final

from bot.connectors.contract import NoBrowser, TryLater

#: seconds that a borrower waits for the holder to finish what runs and close its browser
PATIENCE: Final = 60.0
#: seconds between two looks at the locks
LOOK: Final = 0.25
#: how soon to try again while somebody has borrowed the profile
_TURN: Final = timedelta(seconds=15)


class Profile:
    """The profile of one application. `take` or `borrow` it before a browser is started on it, then `give_back`."""

    def __init__(self, directory: Path) -> None:
        """Makes nothing yet."""
        self.directory = directory
        self._held: int | None = None
        self._wanted: int | None = None

    @property
    def data(self) -> Path:
        """Where Chromium keeps its own files."""
        return self.directory / "chromium"

    def is_wanted(self) -> bool:
        """Does somebody else ask for it, or have it for a moment?"""
        if self._wanted is not None:
            return False
        look = self._lock("wanted", fcntl.LOCK_SH)
        if look is not None:
            os.close(look)
        return look is None

    def demand_turn(self) -> None:
        """Raises TryLater while somebody else wants the profile."""
        if self.is_wanted():
            raise TryLater("Somebody is signing in with Usher's browser, or checks it.", after=_TURN)

    def take(self) -> None:
        """Holds the profile until it is given back; nothing happens if it is held already.

        Raises:
            TryLater: somebody wants it for a moment.
            NoBrowser: another process holds it.
        """
        if self._held is None:
            self.demand_turn()
            self._hold(self._lock("in-use"))

    async def borrow(self) -> None:
        """Asks whoever holds the profile to let go, and holds it until it is given back.

        Raises:
            TryLater: somebody else has borrowed it.
            NoBrowser: its holder does not let go.
        """
        if self._wanted is None:
            self._wanted = await self._lock_in_time("wanted")
        if self._wanted is None:
            self.demand_turn()
        if self._held is None:
            self._hold(await self._lock_in_time("in-use"))

    def give_back(self) -> None:
        """Lets others have it; nothing happens if it is not ours."""
        for file in (self._held, self._wanted):
            if file is not None:
                os.close(file)  # and the lock with it
        self._held = self._wanted = None

    def _hold(self, file: int | None) -> None:
        if file is None:
            holder = (self.directory / "in-use.lock").read_text() or "unknown"
            raise NoBrowser(
                f"Another process (id {holder}) uses the browser profile {self.directory}.",
                need="a browser profile of its own",
                remedy="A profile serves one process: stop the other one, or set USHER_BROWSER_PROFILES to another "
                "directory and sign in there.",
            )
        os.ftruncate(file, 0)
        os.pwrite(file, str(os.getpid()).encode(), 0)
        self._held = file
        self._forget_other_machines()

    async def _lock_in_time(self, name: str) -> int | None:
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                while (file := self._lock(name)) is None:  # noqa: ASYNC110 - the kernel tells nobody
                    await asyncio.sleep(LOOK)
                return file
        return None

    def _lock(self, name: str, how: int = fcntl.LOCK_EX) -> int | None:
        """The lock's file, locked until it is closed; None if another has it."""
        self.directory.mkdir(parents=True, exist_ok=True)
        self.directory.chmod(0o700)  # whoever reads it is signed in
        file = os.open(self.directory / f"{name}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, how | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            return None
        return file

    def _forget_other_machines(self) -> None:
        """Chromium refuses a profile that another machine left locked, and every new container is another machine."""
        lock = self.data / "SingletonLock"  # a link to <host>-<pid>
        with suppress(OSError):
            if os.readlink(lock).rpartition("-")[0] != socket.gethostname():
                lock.unlink()
