"""Secrets are compared in a time that says nothing about them."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
#: the last word of the name of something that a stranger may try to guess
_SECRET = re.compile(r"(^|_)(token|secret|signature|nonce|verifier|password|cookie|hashed)$")


def _name(side: ast.expr) -> str:
    match side:
        case ast.Name(id=name) | ast.Attribute(attr=name) | ast.Call(func=ast.Name(id=name)):
            return name
    return ""


def _is_column(side: ast.expr) -> bool:
    """The database compares it, over an index of hashes: how much of a hash was right helps nobody to guess a token."""
    return isinstance(side, ast.Attribute) and isinstance(side.value, ast.Name) and side.value.id[:1].isupper()


def test_no_secret_is_compared_with_equals() -> None:
    """With compare_digest instead, wherever two values meet in Python."""
    found = []
    for file in [*(ROOT / "bot").rglob("*.py"), *(ROOT / "storage").rglob("*.py")]:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Compare) and any(isinstance(one, ast.Eq | ast.NotEq) for one in node.ops):
                sides = [node.left, *node.comparators]
                by_others = any(isinstance(side, ast.Constant) or _is_column(side) for side in sides)
                if not by_others and any(_SECRET.search(_name(side)) for side in sides):
                    found.append(f"{file.relative_to(ROOT)}:{node.lineno}: {ast.unparse(node)}")
    assert found == []
