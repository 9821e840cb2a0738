"""The catalogue as a YAML file: read with every problem, its line and its remedy; written so that it reads back equal.

Pure: text in, values out.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedSeq
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from bot.access.catalog import Catalog, Mention
from bot.access.catalog_problems import (
    CatalogProblems,
    Directory,
    in_words,
    problem_at,
    unknown_group,
    unknown_person,
    unknown_word,
)
from bot.access.yaml_document import Document, Problem, read_yaml
from bot.connectors.registry import capabilities_of

__all__ = ["CatalogProblems", "Directory", "Lines", "check_names", "decode", "read", "read_with_lines", "write"]

#: what may stand without quotes; ruamel.yaml still quotes what would be a number or the like. It leaves more unquoted,
#: and so writes lists that read back as something else (a text that begins with a question mark, for one).
_PLAIN = re.compile(r"\w[\w .@/()+&'-]*", re.ASCII)
_EMPTY = "the file is empty: it needs at least “applications:”"


class Lines:
    """Where the parts of a catalogue stand in the file that it was read from."""

    def __init__(self, name: str, document: Document) -> None:
        self.name = name
        self.document = document

    @classmethod
    def unknown(cls) -> Lines:
        """For a catalogue that was read from no file."""
        return cls("catalogue", Document(value=None, lines={}))


def decode(data: bytes, name: str) -> str:
    """The text of a file, which must be UTF-8.

    Raises:
        CatalogProblems: it is not; the problem names the line.
    """
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise CatalogProblems(name, [Problem(line=line, message="this is not UTF-8: save the file as UTF-8")]) from None


def read(text: str, name: str) -> Catalog:
    """The catalogue that a file holds.

    Args:
        text: the file's text.
        name: what to call the file in the problems.

    Raises:
        CatalogProblems: everything that is wrong with it, at once.
    """
    return read_with_lines(text, name)[0]


def read_with_lines(text: str, name: str) -> tuple[Catalog, Lines]:
    """The same, with the lines, for what can only be checked later (`check_names`)."""
    document = read_yaml(text.removeprefix("\ufeff"))
    problems = list(document.problems)
    if document.value is None and not problems:
        problems.append(Problem(line=None, message=_EMPTY))
    if document.value is None:
        raise CatalogProblems(name, problems)
    problems += _contradictions(document)
    try:
        catalog = Catalog.model_validate(document.value)
    except ValidationError as error:
        # Where YAML itself gave no value, the model misses one: that is said already.
        said = {problem.line for problem in document.problems}
        mistakes = [each for each in error.errors(include_url=False) if not _is_echo(each)]
        found = [(each["input"], in_words(each, document)) for each in mistakes]
        problems += [problem for value, problem in found if value is not None or problem.line not in said]
        raise CatalogProblems(name, problems) from None
    problems += _words_of_no_application(catalog, document)
    if problems:
        raise CatalogProblems(name, problems)
    return catalog, Lines(name, document)


def check_names(mentions: Iterable[Mention], lines: Lines, directory: Directory) -> None:
    """Whether everybody whom the catalogue names (`catalog.mentions()`) can act, and its user groups are there.

    Raises:
        CatalogProblems: whoever is unknown, has left, or is a bot, each with the line that names them.
    """
    problems = [
        problem_at(lines.document, mention.path, message)
        for mention in mentions
        if (message := (unknown_group if mention.is_group else unknown_person)(mention.name, directory)) is not None
    ]
    if problems:
        raise CatalogProblems(lines.name, problems)


def write(catalog: Catalog) -> str:
    """The catalogue as YAML, in one canonical form: what equals its default is left out. Reads back equal."""
    yaml = YAML()
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.width = 120
    document: dict[str, Any] = {
        "policies": {
            key: rules.model_dump(mode="json", exclude_defaults=True) for key, rules in catalog.policies.items()
        },
        "applications": [entry.model_dump(mode="json", exclude_defaults=True) for entry in catalog.applications],
    }
    if catalog.webhooks:
        document["webhooks"] = [entry.model_dump(mode="json", exclude_defaults=True) for entry in catalog.webhooks]
    stream = io.StringIO()
    yaml.dump(_styled(document), stream)
    return stream.getvalue()


def _contradictions(document: Document) -> Iterator[Problem]:
    """What single values cannot show: keys that stand twice, and policies that nobody defined."""
    written: Mapping[str, Any] = document.value if isinstance(document.value, dict) else {}
    policies, applications = written.get("policies"), written.get("applications")
    defined = ["default", *(policies if isinstance(policies, dict) else ())]
    yield from _twins(document, "applications", applications)
    yield from _twins(document, "webhooks", written.get("webhooks"))
    yield from _shared_workspaces(document, applications)
    for index, entry in enumerate(applications if isinstance(applications, list) else ()):
        policy = entry.get("policy", "default") if isinstance(entry, dict) else None
        if isinstance(policy, str) and policy not in defined:
            yield problem_at(
                document,
                ("applications", index, "policy"),
                unknown_word("policy", policy, list(dict.fromkeys(defined))),
            )


def _is_echo(error: ErrorDetails) -> bool:
    """A list is also said to be too short when what stands in it is wrong."""
    return error["type"] == "too_short" and len(error["input"]) >= error["ctx"]["min_length"]


def _words_of_no_application(catalog: Catalog, document: Document) -> Iterator[Problem]:
    """Roles and seat types in a rule's condition that no application under that policy can have: a slip of the pen
    there would let a request pass the rule by.
    """
    for key, rules in catalog.policies.items():
        can = [capabilities_of(entry.connector) for entry in catalog.applications if entry.policy == key]
        known = {
            "role": list(dict.fromkeys(role for each in can for role in each.roles)),
            "seat_type": list(dict.fromkeys(seat_type for each in can for seat_type in each.seat_types)),
        }
        for number, rule in enumerate(rules.rules):
            for field, words in known.items():
                for index, word in enumerate(getattr(rule.when, field) or ()):
                    if can and word not in words:
                        location = ("policies", key, "rules", number, "when", field, index)
                        yield problem_at(document, location, unknown_word(field.replace("_", " "), word, words))


def _twins(document: Document, plural: str, entries: object) -> Iterator[Problem]:
    """Two entries of a list with one key."""
    first: dict[str, int | None] = {}
    for index, entry in enumerate(entries if isinstance(entries, list) else ()):
        key = entry.get("key") if isinstance(entry, dict) else None
        if not isinstance(key, str):
            continue
        location = (plural, index, "key")
        if key in first:
            what = plural.removesuffix("s")
            message = f"the {what} “{key}” is already on line {first[key]}: give it another key"
            yield problem_at(document, location, message)
        first.setdefault(key, document.line(location))


def _shared_workspaces(document: Document, applications: object) -> Iterator[Problem]:
    """Two applications over one workspace: each would take for foreign, or take away, what the other has given."""
    first: dict[str, int | None] = {}
    for index, entry in enumerate(applications if isinstance(applications, list) else ()):
        connector = entry.get("connector") if isinstance(entry, dict) else None
        workspace = connector.get("workspace_id") if isinstance(connector, dict) else None
        if not isinstance(workspace, str):
            continue
        location, same = ("applications", index, "connector", "workspace_id"), workspace.strip().lower()
        if same in first:
            message = f"this workspace is already on line {first[same]}: an application has a workspace to itself"
            yield problem_at(document, location, message)
        first.setdefault(same, document.line(location))


def _styled(value: Any) -> Any:
    """Short lists of words stand in one line, as people write them; everything else in lines of its own."""
    if isinstance(value, dict):
        return {key: _styled(each) for key, each in value.items()}
    if isinstance(value, str) and not _PLAIN.fullmatch(value):
        return DoubleQuotedScalarString(value)
    if isinstance(value, list):
        styled = CommentedSeq([_styled(each) for each in value])
        if not any(isinstance(each, dict | list) for each in value):
            styled.fa.set_flow_style()
        return styled
    return value
