"""A YAML text as plain values, with the line of each: so that what is wrong with a value can be shown where it stands.

YAML 1.2, as ruamel.yaml reads it: `no` and `on` are words, not truth values. Pure.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

Path = tuple[str | int, ...]

_MERGE = "tag:yaml.org,2002:merge"  # https://yaml.org/type/merge.html
_MOST_NODES = 100_000  # three thousand applications; a text can ask for more with a few aliases of aliases


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something wrong in a file. `line` counts from 1; None where there is no line to point to."""

    line: int | None
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What a YAML text says.

    Attributes:
        value: dicts, lists and scalars; None when the text says nothing.
        lines: the line (from 1) of every key of a mapping and every element of a list, by its path.
        problems: what YAML itself has against the text. If it could not be read at all, `value` is None.
    """

    value: Any
    lines: Mapping[Path, int]
    problems: tuple[Problem, ...] = ()

    def find(self, location: tuple[str | int, ...]) -> Path:
        """The path in this text that a place in the values' model stands for.

        A model's location also names what is not written (a missing key, the variant of a union): such steps are
        left out.
        """
        path: Path = ()
        for step in location:
            if (*path, step) in self.lines:
                path = (*path, step)
        return path

    def line(self, location: tuple[str | int, ...]) -> int | None:
        """The line of the nearest thing that is written for a place in the values' model."""
        return self.lines.get(self.find(location))

    def at(self, path: Path) -> Any:
        """The value at a path that `find` returned."""
        value = self.value
        for step in path:
            value = value[step]
        return value


def read_yaml(text: str) -> Document:
    """Reads one YAML document. Raises nothing: what is wrong with the text stands in `problems`."""
    yaml = YAML(typ="safe", pure=True)
    try:
        root = yaml.compose(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        return _unreadable(mark.line + 1 if mark else None, str(error.problem or error.context))
    except YAMLError as error:  # a character that YAML does not allow
        position = getattr(error, "position", None)
        return _unreadable(
            None if position is None else text.count("\n", 0, position) + 1, str(getattr(error, "reason", error))
        )
    except RecursionError:
        return _unreadable(None, "it is nested too deeply")
    if root is None:
        return Document(value=None, lines={})
    reading = _Reading(yaml=yaml)
    try:
        value = reading.value_of(root, ())
    except _TooLarge:
        return _unreadable(None, "its aliases make it far too large")
    # An alias is read wherever it stands, and what is wrong with it would be said as often.
    problems = tuple(dict.fromkeys(reading.problems))
    return Document(value=value, lines={(): _line(root)} | reading.lines, problems=problems)


def _unreadable(line: int | None, why: str) -> Document:
    problem = Problem(line=line, message=f"this is not YAML: {why}; check the indentation and the quotes near here")
    return Document(value=None, lines={}, problems=(problem,))


class _TooLarge(Exception):
    """The text says far more than a catalogue can."""


@dataclass(slots=True, kw_only=True)
class _Reading:
    """One walk through the nodes of a text."""

    yaml: YAML
    lines: dict[Path, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    open_nodes: set[int] = field(default_factory=set)
    seen: int = 0

    def value_of(self, node: Node, path: Path) -> Any:
        self.seen += 1
        if self.seen > _MOST_NODES:
            raise _TooLarge
        with self._inside(node, path) as allowed:
            match node:
                case _ if not allowed:
                    return None
                case MappingNode():
                    return self._mapping(node, path)
                case SequenceNode():
                    return self._sequence(node, path)
                case _:
                    return self._scalar(node)

    @contextmanager
    def _inside(self, node: Node, path: Path) -> Iterator[bool]:
        if id(node) in self.open_nodes:
            line = self.lines.get(path, _line(node))  # of the alias; the node is what it stands for
            self.problems.append(
                Problem(line=line, message="an alias stands inside what it is an alias of: write it out")
            )
            yield False
            return
        self.open_nodes.add(id(node))
        yield True
        self.open_nodes.discard(id(node))

    def _mapping(self, node: MappingNode, path: Path) -> dict[str, Any]:
        value: dict[str, Any] = {}
        for key_node, value_node in self._pairs(node, path):
            key = str(key_node.value)
            self.lines[*path, key] = _line(key_node)
            value[key] = self.value_of(value_node, (*path, key))
        return value

    def _pairs(self, node: MappingNode, path: Path) -> list[tuple[ScalarNode, Node]]:
        """What a mapping holds: its own pairs, then what it takes over with `<<: *other` and has not itself."""
        own: dict[str, tuple[ScalarNode, Node]] = {}
        others: list[Node] = []
        for key_node, value_node in node.value:
            if not isinstance(key_node, ScalarNode):
                self._say(key_node, "a key must be a word")
            elif key_node.tag == _MERGE:
                others += value_node.value if isinstance(value_node, SequenceNode) else [value_node]
            elif (first := own.setdefault(str(key_node.value), (key_node, value_node)))[0] is not key_node:
                self._say(key_node, f"the key “{key_node.value}” is already on line {_line(first[0])}: keep one")
        for other in others:
            with self._inside(other, path) as allowed:
                if not allowed:
                    continue
                if not isinstance(other, MappingNode):
                    self._say(other, "only a mapping can be taken over with <<")
                    continue
                for pair in self._pairs(other, path):
                    own.setdefault(str(pair[0].value), pair)
        return list(own.values())

    def _sequence(self, node: SequenceNode, path: Path) -> list[Any]:
        value = []
        for index, element in enumerate(node.value):
            self.lines[*path, index] = _line(element)
            value.append(self.value_of(element, (*path, index)))
        return value

    def _scalar(self, node: Node) -> Hashable | None:
        try:
            constructed: Hashable | None = self.yaml.constructor.construct_object(node, deep=True)
        except (YAMLError, ValueError):
            self._say(node, f"“{node.value}” cannot be read as {str(node.tag).rpartition(':')[2]}: write it in quotes")
            return None
        return constructed

    def _say(self, node: Node, message: str) -> None:
        self.problems.append(Problem(line=_line(node), message=message))


def _line(node: Node) -> int:
    line: int = node.start_mark.line
    return line + 1
