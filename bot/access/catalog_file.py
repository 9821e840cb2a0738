"""The catalogue as a YAML file: read with every problem, its line and its remedy; written so that it reads back equal.

Pure: text in, values out.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedSeq
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from bot.access.catalog import Catalog, Mention
from bot.access.catalog_problems import (
    CatalogProblems,
    Directory,
    in_words,
    problem_at,
    unknown_person,
    unknown_word,
)
from bot.access.yaml_document import Document, Problem, read_yaml

__all__ = ["CatalogProblems", "Directory", "Lines", "check_people", "decode", "read", "read_with_lines", "write"]

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
    """The same, with the lines, for what can only be checked later (`check_people`)."""
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
        found = [(each["input"], in_words(each, document)) for each in error.errors(include_url=False)]
        problems += [problem for value, problem in found if value is not None or problem.line not in said]
        raise CatalogProblems(name, problems) from None
    if problems:
        raise CatalogProblems(name, problems)
    return catalog, Lines(name, document)


def check_people(mentions: Iterable[Mention], lines: Lines, directory: Directory) -> None:
    """Whether everybody whom the catalogue names (`catalog.mentions()`) can act.

    Raises:
        CatalogProblems: whoever is unknown, has left, or is a bot, each with the line that names them.
    """
    problems = [
        problem_at(lines.document, mention.path, message)
        for mention in mentions
        if (message := unknown_person(mention.name, directory)) is not None
    ]
    if problems:
        raise CatalogProblems(lines.name, problems)


def write(catalog: Catalog) -> str:
    """The catalogue as YAML, in one canonical form: what equals its default is left out. Reads back equal."""
    yaml = YAML()
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.width = 120
    document = {
        "policies": {
            key: rules.model_dump(mode="json", exclude_defaults=True) for key, rules in catalog.policies.items()
        },
        "applications": [entry.model_dump(mode="json", exclude_defaults=True) for entry in catalog.applications],
    }
    stream = io.StringIO()
    yaml.dump(_styled(document), stream)
    return stream.getvalue()


def _contradictions(document: Document) -> Iterator[Problem]:
    """What single values cannot show: keys that stand twice, and policies that nobody defined."""
    written: Mapping[str, Any] = document.value if isinstance(document.value, dict) else {}
    policies, applications = written.get("policies"), written.get("applications")
    defined = ["default", *(policies if isinstance(policies, dict) else ())]
    first: dict[str, int | None] = {}
    for index, entry in enumerate(applications if isinstance(applications, list) else ()):
        if not isinstance(entry, dict):
            continue
        key, policy = entry.get("key"), entry.get("policy", "default")
        location = ("applications", index, "key")
        if isinstance(key, str) and key in first:
            yield problem_at(
                document, location, f"the application “{key}” stands already in line {first[key]}: give it another key"
            )
        if isinstance(key, str):
            first.setdefault(key, document.line(location))
        if isinstance(policy, str) and policy not in defined:
            yield problem_at(
                document,
                ("applications", index, "policy"),
                unknown_word("policy", policy, list(dict.fromkeys(defined))),
            )


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
