"""What can go wrong, as data, and the switchboard that makes it go wrong.

A fault goes around a call: it may answer instead of the workspace, alter what was asked or answered, or wait.
Some faults are a condition of the workspace instead (`on` and `off` change its state). Each knows the calls it is
about; whoever switches it on may narrow that down and say how many calls it lasts.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from sandbox.chatgpt.calls import Call
from sandbox.chatgpt.roster import address

if TYPE_CHECKING:
    from sandbox.chatgpt.workspace import Workspace

GoOn = Callable[[Call], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Scope:
    """The calls that a fault is about: by method (none named: all) and by the beginning of the path (a regex)."""

    methods: frozenset[str]
    path: re.Pattern[str]

    @classmethod
    def of(cls, methods: str, path: str) -> Scope:
        """`methods` are separated by blanks."""
        return cls(frozenset(methods.split()), re.compile(path))

    def covers(self, call: Call) -> bool:
        """Whether the call is one of them."""
        return (not self.methods or call.method in self.methods) and bool(self.path.match(call.path))


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One call that a fault goes around. `nth` counts from 1; `go_on` is the rest of the way to the workspace."""

    workspace: Workspace
    call: Call
    settings: Mapping[str, Any]
    email: str | None
    nth: int
    go_on: GoOn


async def pass_through(turn: Turn) -> Response:
    """Let the call go its way."""
    return await turn.go_on(turn.call)


def _nothing(workspace: Workspace) -> None:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One way to go wrong. `settings` are what can be set when it is switched on, with their defaults."""

    name: str
    title: str
    description: str
    scope: Scope
    around: Callable[[Turn], Awaitable[Response]] = pass_through
    settings: Mapping[str, int | str] = field(default_factory=dict)
    on: Callable[[Workspace], None] = _nothing
    off: Callable[[Workspace], None] = _nothing


@dataclass(slots=True, kw_only=True)
class Active:
    """A fault that is switched on. `remaining` calls are left to it (None: no end)."""

    fault: Fault
    settings: Mapping[str, Any]
    remaining: int | None
    method: str | None
    path: str | None
    email: str | None
    fired: int = 0

    def covers(self, call: Call) -> bool:
        """Whether it goes around this call."""
        return (
            self.remaining != 0
            and self.fault.scope.covers(call)
            and (self.method is None or self.method == call.method)
            and (self.path is None or self.path in call.path)
            and (self.email is None or address(self.email) in map(address, call.addresses))
        )


class Faults:
    """The switchboard of one workspace."""

    def __init__(self, workspace: Workspace, registry: Iterable[Fault]) -> None:
        self._workspace = workspace
        self.registry: Mapping[str, Fault] = {fault.name: fault for fault in registry}
        self._active: dict[str, Active] = {}

    def active(self, name: str) -> Active | None:
        """The fault as it is switched on now, or None."""
        return self._active.get(name)

    def switch_on(
        self,
        name: str,
        *,
        times: int | None = None,
        method: str | None = None,
        path: str | None = None,
        email: str | None = None,
        **settings: int | str,
    ) -> None:
        """Switch a fault on for the next `times` calls it is about, or until it is switched off.

        It can be limited to a `method`, to paths that contain `path`, and to calls whose body names `email`.
        Raises ValueError for a fault or a setting that does not exist.
        """
        fault = self._known(name)
        if times is not None and times < 1:
            raise ValueError(f"{name} has to last for at least one call, not {times}")
        for key, value in settings.items():
            default = fault.settings.get(key)
            if default is None or type(value) is not type(default):
                raise ValueError(f"{name} cannot have {key}={value!r}; it has {dict(fault.settings)}")
        self.switch_off(name)
        self._active[name] = Active(
            fault=fault,
            settings={**fault.settings, **settings},
            remaining=times,
            method=method,
            path=path,
            email=email,
        )
        fault.on(self._workspace)
        self._workspace.changes.bump()

    def switch_off(self, name: str) -> None:
        """Switch a fault off; nothing happens if it is not on. Raises ValueError if there is no such fault."""
        fault = self._known(name)
        if self._active.pop(name, None) is not None:
            fault.off(self._workspace)
            self._workspace.changes.bump()

    def clear(self) -> None:
        """Switch all faults off."""
        for name in tuple(self._active):
            self.switch_off(name)

    async def surround(self, call: Call, go_on: GoOn) -> Response:
        """Let the call go on through every fault that is about it, the one switched on first outermost."""
        about = [active for active in self._active.values() if active.covers(call)]
        for active in about:  # counted before anything is awaited, so that no two calls share the last time
            active.fired += 1
            active.remaining = None if active.remaining is None else active.remaining - 1
        for active in reversed(about):
            go_on = self._step(active, active.fired, go_on)
        try:
            return await go_on(call)
        finally:
            for active in about:
                if active.remaining == 0 and self._active.get(active.fault.name) is active:
                    self.switch_off(active.fault.name)

    def _step(self, active: Active, nth: int, go_on: GoOn) -> GoOn:
        async def step(call: Call) -> Response:
            turn = Turn(
                workspace=self._workspace,
                call=call,
                settings=active.settings,
                email=active.email,
                nth=nth,
                go_on=go_on,
            )
            return await active.fault.around(turn)

        return step

    def _known(self, name: str) -> Fault:
        if name not in self.registry:
            raise ValueError(f"there is no fault {name!r}; there are {', '.join(sorted(self.registry))}")
        return self.registry[name]
