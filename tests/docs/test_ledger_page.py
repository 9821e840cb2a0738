"""docs/ledger.md has every event that the code writes, with the keys of its data, and no other."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.access.events import EVENTS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "ledger.md").read_text(encoding="utf-8")
TABLES = PAGE.partition("## Requests")[2]


@dataclass(frozen=True, slots=True)
class Recorded:
    """One place in the code that writes a line."""

    names: frozenset[str]  # the events that it writes; empty where only their form is known
    form: str  # what their names look like, as a regular expression
    keys: frozenset[str]
    has_more: bool  # keys that only the running code knows

    def writes(self, event: str) -> bool:
        return event in self.names if self.names else re.fullmatch(self.form, event) is not None


def _documented() -> dict[str, set[str]]:
    """Event -> the keys of its data, as the page has them."""
    found = {}
    for line in TABLES.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 3 and cells[0].startswith("`"):
            keys = set(re.findall(r"`(\w+)`", re.sub(r"\([^)]*\)", "", cells[2])))
            found |= dict.fromkeys(re.findall(r"`([\w.]+)`", cells[0]), keys)
    return found


def _recorded() -> Iterator[Recorded]:
    for file in [*(ROOT / "bot").rglob("*.py"), *(ROOT / "storage").rglob("*.py")]:
        tree = ast.parse(file.read_text(encoding="utf-8"))
        calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
        for call in calls:
            if isinstance(call.func, ast.Attribute) and call.func.attr == "record" and call.args:
                names, form = _event(call.args[0], calls)
                given = {keyword.arg for keyword in call.keywords} - {"actor", "subject"}
                keys = frozenset(key for key in given if key is not None)
                yield Recorded(names=names, form=form, keys=keys, has_more=None in given)


def _event(node: ast.expr, calls: list[ast.Call]) -> tuple[frozenset[str], str]:
    """What the first argument can be: a word, one of two, a word with a part that varies, or a field set elsewhere."""
    match node:
        case ast.Constant(value=str(name)):
            return frozenset({name}), ""
        case ast.IfExp(body=one, orelse=other):
            return _event(one, calls)[0] | _event(other, calls)[0], ""
        case ast.JoinedStr(values=parts):
            texts = (re.escape(str(part.value)) if isinstance(part, ast.Constant) else r"\w+" for part in parts)
            return frozenset(), "".join(texts)
        case ast.Attribute(attr=field):
            set_to = [word.value for call in calls for word in call.keywords if word.arg == field]
            return frozenset(str(value.value) for value in set_to if isinstance(value, ast.Constant)), ""
    raise AssertionError(f"an event that this test cannot read: {ast.unparse(node)}")


DOCUMENTED, RECORDED = _documented(), list(_recorded())


@pytest.mark.parametrize("recorded", RECORDED, ids=lambda recorded: ",".join(sorted(recorded.names)) or recorded.form)
def test_every_event_is_on_the_page(recorded: Recorded) -> None:
    """A line that nobody can look up explains nothing."""
    assert recorded.names or recorded.form
    assert recorded.names <= set(DOCUMENTED)
    assert any(recorded.writes(event) for event in DOCUMENTED)


@pytest.mark.parametrize("event", DOCUMENTED)
def test_the_keys_of_its_data_are_those_that_are_written(event: str) -> None:
    """What an export holds can be read by its documentation, and what is documented is there."""
    writers = [recorded for recorded in RECORDED if recorded.writes(event)]
    assert writers, "nothing writes this event"
    exact = [recorded for recorded in writers if recorded.names] or writers
    wanted = frozenset().union(*(recorded.keys for recorded in exact))
    possible = frozenset().union(*(recorded.keys for recorded in writers))
    assert wanted <= DOCUMENTED[event]
    assert DOCUMENTED[event] <= possible or any(recorded.has_more for recorded in writers)


def test_every_line_about_a_request_or_a_grant_is_an_event() -> None:
    """What can be named in a webhook's `events` is what is written; nothing is left out."""
    named = {name for recorded in RECORDED for name in recorded.names if name.startswith(("request.", "grant."))}
    assert named | {"grant.failed"} == set(EVENTS)


def test_the_columns_are_those_of_an_export() -> None:
    """The table of columns is what `usher audit export` writes."""
    from bot.cli.audit import _COLUMNS

    table = PAGE.partition("## A line")[2].partition("## Requests")[0]
    assert tuple(re.findall(r"^\| `(\w+)` \|", table, flags=re.MULTILINE)) == _COLUMNS
