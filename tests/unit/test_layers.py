"""Which room may know which: the imports are those that the design allows."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SLACK = ("slack_bolt", "slack_sdk")
WIRE = (*SLACK, "httpx", "mcp", "aiohttp")

#: a room, and what nothing in it imports
RULES = [
    ("bot/handlers", ("bot.connectors", "bot.engine", "sandbox", "httpx")),
    ("bot/cards", ("bot.connectors", "bot.engine", "bot.handlers", "sandbox", *WIRE)),
    ("bot/access", ("bot.engine", "bot.cards", "bot.handlers", "sandbox", *WIRE)),
    ("bot/connectors", ("storage", "bot.access.operations", "bot.engine", "bot.cards", "bot.handlers", *SLACK)),
    ("bot/engine", ("bot.handlers", "sandbox")),
    ("storage", ("bot", "sandbox")),
    ("bot", ("sandbox",)),
    ("sandbox", ("bot", "storage")),
]
#: files of which one rule does not hold, and why
EXCEPTIONS = {
    "bot/cli/demo": "sandbox",  # the demo is the command that starts it
}


def imports(file: Path) -> Iterator[str]:
    """Every module that a file imports, wherever in it, for types too; a name taken from a package may be a module."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: imports are absolute here"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def is_in(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")


def is_allowed(file: str, package: str) -> bool:
    return any(file.startswith(f"{room}/") and package == known for room, known in EXCEPTIONS.items())


@pytest.mark.parametrize(("room", "forbidden"), RULES, ids=[room for room, _ in RULES])
def test_a_room_imports_only_what_it_may_know(room: str, forbidden: tuple[str, ...]) -> None:
    """Doors call nothing outside, cards are pure, decisions know no wire, storage knows nobody."""
    files = sorted((ROOT / room).rglob("*.py"))
    assert files
    found = {
        f"{name} imports {module}"
        for file in files
        for name in [file.relative_to(ROOT).as_posix()]
        for module in imports(file)
        for package in forbidden
        if is_in(module, package) and not is_allowed(name, package)
    }
    assert found == set()


@pytest.mark.parametrize(("room", "package"), EXCEPTIONS.items())
def test_every_exception_is_needed(room: str, package: str) -> None:
    """One that is not, hides the next mistake."""
    files = (ROOT / room).rglob("*.py")
    assert any(is_in(module, package) for file in files for module in imports(file))
