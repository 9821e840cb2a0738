"""docs/commands.md describes every command, and what it shows in code works."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer.main

from bot.cli.app import app

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/commands.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"### `usher ([a-z -]+)`\n(.*?)(?=\n##|\Z)", PAGE, flags=re.DOTALL))


def _commands() -> Iterator[tuple[str, list[str]]]:
    """Every command with its long options."""
    root = typer.main.get_command(app)
    for name, command in root.commands.items():  # type: ignore[attr-defined]
        inner = (
            {f"{name} {word}": each for word, each in command.commands.items()} if hasattr(command, "commands") else {}
        )
        for words, each in (inner or {name: command}).items():
            options = [parameter.opts[0] for parameter in each.params if parameter.opts[0].startswith("--")]
            yield words, [option for option in options if option != "--help"]


COMMANDS = dict(_commands())
#: options that several commands share, described once for all of them
SHARED = {"--state", "--person", "--app", "--json", "--limit"}


def test_the_page_describes_exactly_the_commands() -> None:
    """No command goes without a section, and no section without a command."""
    assert set(SECTIONS) == set(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_section_names_every_option(command: str) -> None:
    """What can be typed is described: in the command's section, or at the top for all."""
    for option in COMMANDS[command]:
        assert option in (PAGE if option in SHARED else SECTIONS[command]), option


def test_the_check_of_an_export_works() -> None:
    """The program on the page accepts an export that is as it was written, and stops at a line that was changed."""
    [program] = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)
    lines = []
    previous = "0" * 64
    for seq, data in enumerate(('{"reason":"für Ümläute"}', "{}"), start=1):
        line = {
            "seq": seq, "at": "2026-11-23T10:00:00.000000Z", "actor": "usher", "event": "x", "subject": "y",
            "data": data,
        }  # fmt: skip
        text = json.dumps([previous, *line.values()], separators=(",", ":"), ensure_ascii=False)
        digest = hashlib.sha256(text.encode()).hexdigest()
        lines.append({**line, "previous": previous, "hash": digest, "salt": "", "seals": ""})
        previous = digest

    def accepts() -> bool:
        export = "\n".join(json.dumps(line, ensure_ascii=False) for line in lines)
        ran = subprocess.run([sys.executable, "-c", program], input=export.encode(), capture_output=True, check=False)
        return ran.returncode == 0

    assert accepts()
    lines[0]["actor"] = "somebody else"
    assert not accepts()
