"""What is wrong with a catalogue, in words: where it stands, what is there, what to write instead. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from bot.access.catalog import ApplicationEntry, Catalog
from bot.access.catalog_values import DOMAIN
from bot.access.policy_rules import Condition, EmergencyRules, PolicyRules, Rule, Span, Stage
from bot.access.webhook_entries import WebhookEntry
from bot.access.yaml_document import Document, Path, Problem
from bot.connectors.config import ConnectorConfig
from bot.nearest import nearest


class CatalogProblems(Exception):
    """The catalogue cannot be taken as it is; nothing was changed. `str()` is one problem a line.

    Attributes:
        problems: the lines, in the order in which they stand in the file.
    """

    def __init__(self, name: str, problems: Iterable[Problem]) -> None:
        ordered = sorted(dict.fromkeys(problems), key=lambda problem: problem.line or 0)
        self.problems = tuple(
            f"{name}:{problem.line}: {problem.message}" if problem.line else f"{name}: {problem.message}"
            for problem in ordered
        )
        super().__init__("\n".join(self.problems))


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """Who there is: e-mail addresses and Slack user ids of people, handles and ids of user groups."""

    active: Collection[str]
    left: Collection[str] = frozenset()
    bots: Collection[str] = frozenset()
    groups: Collection[str] = frozenset()  # in lower case


def where(path: Path) -> str:
    """How a place is written in a message: `applications[1].roles`."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return text.removeprefix(".")


def problem_at(document: Document, location: Path, message: str) -> Problem:
    """A problem with a place in the catalogue, with the line of the nearest thing that is written there."""
    location = _as_written(location)
    path = document.find(location)
    # Without a text to look at, the place in the catalogue is all there is to say.
    place = where(path or (location if not document.lines else ()))
    return Problem(line=document.line(location), message=f"{place}: {message}" if place else message)


#: where a stage's approvers may stand in a text: their model has one form, people write several
_FORMS = {"people": ("users", "any", "all", "of"), "group": ("usergroup", "any", "all", "of")}


def _as_written(location: Path) -> Path:
    """Every step that a place may have in the text; those that were not taken there are left out by `find`."""
    return (*location[:2], *(step for each in location[2:] for step in _FORMS.get(str(each), (each,))))


def in_words(error: ErrorDetails, document: Document) -> Problem:
    """What pydantic found, for somebody who has never heard of pydantic."""
    location = tuple(error["loc"])
    path = document.find(location)
    parent = path
    key = str(location[-1]) if location else ""
    match error["type"]:
        case "missing":
            return problem_at(document, location, f"“{key}” is missing: add “{key}: …”")
        case "extra_forbidden":
            parent = path[:-1]
            return problem_at(
                document, location, f"there is no key “{key}” here: {_known(key, _keys(parent, document))}"
            )
        case "union_tag_not_found" | "union_tag_invalid":
            discriminator = str(error["ctx"]["discriminator"]).strip("'")
            return _union(document, (*location, discriminator), discriminator, _literals(discriminator))
    return problem_at(document, location, sentence(error))


def unknown_person(name: str, directory: Directory) -> str | None:
    """What is wrong with naming this person (e-mail address or Slack user id); None when nothing is."""
    if name in directory.active:
        return None
    if name in directory.left:
        return f"“{name}” has left: name somebody else"
    if name in directory.bots:
        return f"“{name}” is a bot: name a person"
    if not directory.active:
        return f"nobody is known yet, so neither is “{name}”: run `usher people sync` first"
    near = nearest(name, directory.active, alike=0.8)
    hint = f"did you mean {near}?" if near else "run `usher people sync` if they are new to Slack"
    return f"nobody in the directory has the address or id “{name}”: {hint}"


def unknown_group(name: str, directory: Directory) -> str | None:
    """What is wrong with naming this user group (handle or id); None when nothing is."""
    if name.lower() in directory.groups:
        return None
    if not directory.groups:
        return (
            f"no user groups are known, so neither is @{name}: give Usher's Slack app the scope usergroups:read, "
            "install it again, and run `usher people sync`"
        )
    near = nearest(name.lower(), directory.groups)
    hint = f"did you mean @{near}?" if near else "run `usher people sync` if it is new to Slack"
    return f"Slack has no user group @{name}: {hint}"


def unknown_word(what: str, word: str, known: Collection[str]) -> str:
    """A word that is not one of the few that are possible."""
    return f"there is no {what} “{word}”: {_known(word, known)}"


def _known(word: str, known: Collection[str]) -> str:
    near = nearest(word, known)
    return f"did you mean “{near}”?" if near else f"choose from {', '.join(known)}"


def _union(document: Document, location: Path, discriminator: str, tags: Collection[str]) -> Problem:
    path = document.find(location)
    if path != (*document.find(location[:-1]), discriminator):
        return problem_at(
            document, location, f"“{discriminator}” is missing: add “{discriminator}: …”, one of {', '.join(tags)}"
        )
    return problem_at(document, location, unknown_word(f"connector {discriminator}", str(document.at(path)), tags))


_NOTHING = "nothing stands here: fill it in, or leave the key out"


def sentence(error: ErrorDetails) -> str:
    """What is wrong with one value, without the place where it stands."""
    value = error["input"]
    if value is None:
        return _NOTHING
    say = _SENTENCES.get(error["type"])
    return say(value, error.get("ctx", {})) if say else _lower(error["msg"])


def _by_hand(value: object, ctx: Mapping[str, Any]) -> str:
    if "reason" in ctx:
        return f"“{value}” is not an e-mail address: {_lower(str(ctx['reason']))}"
    return str(ctx["error"])


def _choice(value: object, ctx: Mapping[str, Any]) -> str:
    words = str(ctx["expected"]).replace(" or ", ", ").replace("'", "").split(", ")
    return f"“{value}” is not possible here: {_known(str(value), words)}"


def _text(value: object, _: Mapping[str, Any]) -> str:
    if isinstance(value, list | dict):
        return "this must be text, not a list or a mapping"
    written = str(value).lower() if isinstance(value, bool) else str(value)
    return f'{written} is not text: write it in quotes, "{written}"'


def _list(value: object, _: Mapping[str, Any]) -> str:
    return f"this must be a list: write [{'one, other' if isinstance(value, dict) else value}]"


def _mapping(value: object, _: Mapping[str, Any]) -> str:
    return f"this must be a mapping (key: value), not {'a list' if isinstance(value, list) else f'“{value}”'}"


def _word(value: object, ctx: Mapping[str, Any]) -> str:
    if ctx.get("pattern") == DOMAIN:
        return f"“{value}” is not a domain: write example.com"
    return f"“{value}” cannot be a name here: use lower-case letters, digits, - and _, at most 40 of them"


def _secret_name(_value: object, _: Mapping[str, Any]) -> str:  # which may be the secret
    return (
        "this is not the name of a secret: write a name such as chatgpt-session, and hand the value over with "
        "`usher secret set chatgpt-session`. If the value itself stood here, replace it at the provider"
    )


def _truth(value: object, _: Mapping[str, Any]) -> str:
    said = "this" if isinstance(value, list | dict) else f"“{value}”"
    return f"{said} is neither true nor false: write one of them"


def _too_short(value: object, ctx: Mapping[str, Any]) -> str:
    return f"“{value}” is too short: write at least {ctx['min_length']} characters" if str(value).strip() else _NOTHING


#: pydantic's names of what can be wrong (https://docs.pydantic.dev/latest/errors/validation_errors/)
_SENTENCES: Mapping[str, Callable[[Any, Mapping[str, Any]], str]] = {
    "value_error": _by_hand,
    "literal_error": _choice,
    "enum": _choice,
    "string_type": _text,
    "tuple_type": _list,
    "dict_type": _mapping,
    "model_type": _mapping,
    "model_attributes_type": _mapping,
    "string_pattern_mismatch": _word,
    "secret_name": _secret_name,
    "bool_type": _truth,
    "bool_parsing": _truth,
    "string_too_short": _too_short,
    "too_short": lambda *_: _NOTHING,
    "string_too_long": lambda value, ctx: f"this has {len(value):,} characters: keep it to {ctx['max_length']:,}",
    "too_long": lambda _, ctx: f"there are {ctx['actual_length']} of them: keep at most {ctx['max_length']}",
    "uuid_parsing": lambda value, _: (
        f"“{value}” is not an id such as 2f6d2e7c-8a6e-4c55-9a0f-5d1f6a0a7e11: copy it from the provider's page"
    ),
}


def _lower(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:].rstrip(".")


# -- which keys there are ----------------------------------------------------------------------------------------------
def connector_models() -> tuple[type[BaseModel], ...]:
    """The models of all connectors, one per type and transport."""
    return tuple(_models(ConnectorConfig))


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    elif get_origin(annotation) is not Literal:
        for part in get_args(annotation):
            yield from _models(part)


def _keys(path: Path, document: Document) -> list[str]:
    """The keys that a mapping of the catalogue may have."""
    match path:
        case ():
            return list(Catalog.model_fields)
        case ("policies", _):
            return list(PolicyRules.model_fields)
        case ("policies", _, "rules", int()):
            return list(Rule.model_fields)
        case ("policies", _, "rules", int(), "when"):
            return list(Condition.model_fields)
        case ("policies", _, "rules", int(), "when", "duration"):
            return list(Span.model_fields)
        case ("policies", _, "emergency"):
            return list(EmergencyRules.model_fields)
        case ("policies", _, *_):
            return list(Stage.model_fields)
        case ("applications", int()):
            return list(ApplicationEntry.model_fields)
        case ("webhooks", int()):
            return list(WebhookEntry.model_fields)
        case _:
            written = document.at(path)
            models = connector_models()
            fitting = [model for model in models if _fits(model, written)] or models
            return list(dict.fromkeys(key for model in fitting for key in model.model_fields))


def _fits(model: type[BaseModel], written: Mapping[str, Any]) -> bool:
    """Whether a connector's model is the one that is meant, by its type and transport."""
    words = {key: get_args(field.annotation) for key, field in model.model_fields.items()}
    return all(written.get(key) in possible for key, possible in words.items() if _is_literal(model, key))


def _is_literal(model: type[BaseModel], key: str) -> bool:
    return get_origin(model.model_fields[key].annotation) is Literal


def _literals(discriminator: str) -> list[str]:
    return list(
        dict.fromkeys(
            word
            for model in connector_models()
            if discriminator in model.model_fields and _is_literal(model, discriminator)
            for word in get_args(model.model_fields[discriminator].annotation)
        )
    )
