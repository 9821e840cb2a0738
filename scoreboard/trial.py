"""What a trial is, where it takes place, and what came of it."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterator, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path

from sandbox.chatgpt.workspace import Workspace
from storage import migrate
from tests.support import postgresql
from tests.support.harbour import Harbour

#: what a trial that goes wrong is allowed to raise: a demand that is not met, or something that does not come
_LOST = (AssertionError, TimeoutError, LookupError, RuntimeError, OSError)


class Kind(StrEnum):
    """Which database Usher has."""

    SQLITE = "SQLite"
    POSTGRESQL = "PostgreSQL"


BOTH = (Kind.SQLITE, Kind.POSTGRESQL)


@dataclass(slots=True)
class Count:
    """The trials so far, and why some of them were lost."""

    passed: Callable[[], None] = lambda: None  # called after each trial
    trials: int = 0
    losses: list[str] = field(default_factory=list)

    @contextmanager
    def trial(self, what: str) -> Iterator[None]:
        """One trial: lost if the block raises, and the next one goes on."""
        self.trials += 1
        with self.part(what):
            yield
        self.passed()

    @contextmanager
    def part(self, what: str) -> Iterator[None]:
        """Something that is no trial of its own, and a loss if the block raises."""
        try:
            yield
        except _LOST as error:
            self.losses.append(f"{what}: {_why(error)}")
        except BaseExceptionGroup as group:
            lost, other = group.split(_LOST)
            if other is not None or lost is None:
                raise
            self.losses.append(f"{what}: {_why(lost.exceptions[0])}")


def _why(error: BaseException) -> str:
    """All that an error says, with the last words of a process; where it says nothing, the demand that was not met."""
    if said := str(error).strip():
        return said
    line = traceback.extract_tb(error.__traceback__)[-1].line
    return line or type(error).__name__


class Ground:
    """Companies for trials to take place in, each with a migrated, empty database of its own."""

    def __init__(self, directory: Path, server: postgresql.Server | None, templates: dict[Kind, str]) -> None:
        self._directory = directory
        self._templates = templates
        self.server = server

    @classmethod
    @asynccontextmanager
    async def open(cls, kinds: Collection[Kind]) -> AsyncIterator[Ground]:
        """For databases of these kinds, until the block ends. Without PostgreSQL here there are only SQLite's."""
        with ExitStack() as stack:
            directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="usher-scoreboard-")))
            server = stack.enter_context(postgresql.running()) if Kind.POSTGRESQL in kinds else None
            await migrate.upgrade(f"sqlite+aiosqlite:///{directory / 'template.db'}")
            templates = {Kind.SQLITE: "template.db"}
            if server is not None:
                templates[Kind.POSTGRESQL] = server.create()
                await migrate.upgrade(server.url(templates[Kind.POSTGRESQL]))
            yield cls(directory, server, templates)
            if server is not None:
                server.drop(templates[Kind.POSTGRESQL])

    @asynccontextmanager
    async def database(self, kind: Kind) -> AsyncIterator[tuple[Path, str]]:
        """A directory, and the address of a database."""
        directory = Path(tempfile.mkdtemp(dir=self._directory))
        if kind is Kind.SQLITE:
            file = directory / "usher.db"
            shutil.copy(self._directory / self._templates[kind], file)
            yield directory, f"sqlite+aiosqlite:///{file}"
            return
        assert self.server is not None, "there is no PostgreSQL here"
        name = await asyncio.to_thread(self.server.create, template=self._templates[kind])
        try:
            yield directory, self.server.url(name)
        finally:
            await asyncio.to_thread(self.server.drop, name)

    @asynccontextmanager
    async def harbour(self, kind: Kind, *, policy: str = "default") -> AsyncIterator[Harbour]:
        """A company whose Usher is not started yet."""
        async with (
            self.database(kind) as (directory, url),
            Harbour.open(directory, url, policy=policy, show_log=False) as opened,
        ):
            make_room(opened.chatgpt)
            yield opened


def make_room(workspace: Workspace) -> None:
    """A workspace of the largest plan: none of the trials is about too few seats."""
    workspace.profile = replace(workspace.profile, maximum_seats=10_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """Something that can go wrong, and how it is tried."""

    name: str
    words: str
    must: str  # what has to come out
    times: int  # how often it is tried on each database
    run: Callable[[Ground, Kind, int, Count], Awaitable[str]]  # returns one sentence: what was counted
    kinds: Sequence[Kind] = BOTH
    fixed: bool = False  # there are so many different trials: fewer or more make no sense

    def scaled(self, factor: float) -> int:
        """How often it is tried when everything is tried that much less or more often."""
        return self.times if self.fixed else max(1, round(self.times * factor))


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What came of a trial on one database."""

    trial: Trial
    kind: Kind
    trials: int
    losses: Sequence[str]
    counted: str
    seconds: float
