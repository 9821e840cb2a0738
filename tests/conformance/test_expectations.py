"""The lists of what cannot pass, and of what is installed."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.mark.parametrize("file", sorted(HERE.glob("expected-failures-*.yml")), ids=lambda file: file.stem)
def test_every_expected_failure_says_what_it_lacks(file: Path) -> None:
    """A line without its reason could hide a defect."""
    lines = file.read_text(encoding="utf-8").split("server:\n")[1].splitlines()
    assert lines == sorted(lines)
    assert [
        line for line in lines if not re.fullmatch(r"  - [\w-]+:[\w-]+ # (?:the|a|completion|logging) .+", line)
    ] == []


def test_what_is_installed_is_pinned() -> None:
    """Every package by its version and its hash, none by the address of a registry, and none is missing."""
    packages = json.loads((HERE / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    wanted = json.loads((HERE / "package.json").read_text(encoding="utf-8"))["dependencies"]
    assert {name: packages[f"node_modules/{name}"]["version"] for name in wanted} == wanted
    assert [name for name, package in packages.items() if name and not package.get("integrity")] == []
    assert [name for name, package in packages.items() if "resolved" in package] == []
    named = {
        name for package in packages.values() for kind in ("dependencies", "optionalDependencies")
        for name in package.get(kind, {})
    }  # fmt: skip
    assert named - {path.rpartition("node_modules/")[2] for path in packages} == set()
