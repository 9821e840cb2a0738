"""Holding JSON as it came against the model that Usher reads it into. Pure.

The models are lenient, so that what is absent, extra or of another type does not break Usher. Here is said what they
forgive: names of fields and types of values, never a value.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import NoneType, UnionType
from typing import Any, Final, Union, get_args, get_origin

from pydantic import AliasChoices, BaseModel, BeforeValidator, RootModel, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo


class Kind(StrEnum):
    """How an answer can differ from what is relied on."""

    MISSING = "missing"  # without it Usher cannot work
    ABSENT = "absent"  # usually there, and in none of the items
    NULL = "null"  # needed, and null or left out in some of the items
    TYPE = "another type"
    NEW = "new"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One way in which an answer differs. `field` ends with a name that the provider chose only where it is new."""

    kind: Kind
    path: str  # of the object, by the model's own names: "items[]"
    name: str  # of the field in it; empty for the object itself
    expected: str = ""
    came: str = ""
    breaks: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What is known of an object beyond the model it is read into, by its names on the wire."""

    needed: frozenset[str] = frozenset()  # Usher can do nothing where no item has it
    usual: frozenset[str] = frozenset()  # whoever has described the object has seen it
    unused: frozenset[str] = frozenset()  # seen by others, and nothing to Usher


Expectations = Mapping[type[BaseModel], Expected]

_NOTHING: Final = Expected()
_TIME: Final[TypeAdapter[datetime]] = TypeAdapter(datetime)
_JSON_NAMES: Final[Mapping[type, str]] = {
    NoneType: "null", bool: "boolean", int: "integer", float: "number", str: "string", list: "list", dict: "object",
}  # fmt: skip


def compare(model: type[BaseModel], values: Sequence[Any], expectations: Expectations) -> list[Difference]:
    """How these bodies, or parts of bodies, differ from the model that each of them is read into."""
    return list(_objects(model, values, "", expectations))


def json_types(values: Iterable[Any]) -> str:
    """The types of JSON values, in words: "string or null"."""
    return " or ".join(dict.fromkeys(_JSON_NAMES.get(type(value), "value") for value in values))


def wire_names(name: str, field: FieldInfo) -> tuple[str, ...]:
    """Under which names a field of a model is looked for."""
    alias = field.validation_alias
    if isinstance(alias, AliasChoices):
        return tuple(str(choice) for choice in alias.choices)
    return (str(alias),) if alias is not None else (name,)


def _objects(
    model: type[BaseModel], values: Sequence[Any], path: str, expectations: Expectations
) -> Iterable[Difference]:
    if issubclass(model, RootModel):
        root = model.model_fields["root"]
        yield from _values(root.annotation, [_unwrapped(root, value) for value in values], path, "", True, expectations)
        return
    objects = [value for value in values if isinstance(value, dict)]
    others = [value for value in values if not isinstance(value, dict)]
    if others:
        yield Difference(
            kind=Kind.TYPE, path=path, name="", expected="object", came=json_types(others), breaks=not objects
        )
    if not objects:
        return
    expected = next((expectations[each] for each in model.__mro__ if each in expectations), _NOTHING)
    known = set(expected.unused)
    for name, field in model.model_fields.items():
        names = wire_names(name, field)
        known |= set(names)
        yield from _field(names, field, objects, path, expected, expectations)
    for name in dict.fromkeys(key for each in objects for key in each if key not in known):
        came = json_types(each[name] for each in objects if name in each)
        yield Difference(kind=Kind.NEW, path=path, name=name, came=came)


def _unwrapped(root: FieldInfo, value: Any) -> Any:
    """A root out of the wrappers that its model sees through."""
    for validator in root.metadata:
        if isinstance(validator, BeforeValidator):
            value = validator.func(value)  # type: ignore[call-arg]  # one of ours, which takes the value alone
    return value


def _field(
    names: tuple[str, ...],
    field: FieldInfo,
    objects: Sequence[dict[str, Any]],
    path: str,
    expected: Expected,
    expectations: Expectations,
) -> Iterable[Difference]:
    found = [next((each[name] for name in names if name in each), _MISSING) for each in objects]
    came = [value for value in found if value is not _MISSING]
    told = [value for value in came if value is not None]
    lacking = f"{len(found) - len(told)} of {len(found)}"
    required, needed = field.is_required(), bool(expected.needed.intersection(names))
    if (required and len(told) < len(found)) or (needed and not told):
        yield Difference(kind=Kind.MISSING, path=path, name=names[0], came=f"in {lacking}", breaks=True)
    elif needed and len(told) < len(found):
        yield Difference(kind=Kind.NULL, path=path, name=names[0], came=f"in {lacking}")
    elif not came and expected.usual.intersection(names):
        yield Difference(kind=Kind.ABSENT, path=path, name=names[0], came=f"in {lacking}")
    yield from _values(field.annotation, told, path, names[0], required, expectations)


_MISSING: Final = object()


def _values(
    annotation: Any, values: Sequence[Any], path: str, name: str, required: bool, expectations: Expectations
) -> Iterable[Difference]:
    """What differs in the values of one field."""
    annotation = _told(annotation)
    origin, arguments = get_origin(annotation) or annotation, get_args(annotation)
    inner = f"{path}.{name}".strip(".")
    if not values or annotation is Any:
        return
    if isinstance(origin, type) and issubclass(origin, BaseModel):
        yield from _objects(annotation, values, inner, expectations)
        return
    wanted, fits = _scalar(origin)
    wrong = [value for value in values if not fits(value)]
    if wrong:
        yield Difference(kind=Kind.TYPE, path=path, name=name, expected=wanted, came=json_types(wrong), breaks=required)
    right = [value for value in values if fits(value)]
    if origin in {list, tuple}:
        yield from _parts(arguments[0], [part for value in right for part in value], f"{inner}[]", expectations)
    elif origin is dict:
        parts = [part for value in right for part in value.values()]
        yield from _parts(arguments[1], parts, f"{inner}.*", expectations)


def _parts(annotation: Any, values: Sequence[Any], path: str, expectations: Expectations) -> Iterable[Difference]:
    return _values(annotation, [value for value in values if value is not None], path, "", False, expectations)


def _told(annotation: Any) -> Any:
    """An annotation without its None and its validators."""
    while True:
        if hasattr(annotation, "__metadata__"):
            annotation = annotation.__origin__
        elif get_origin(annotation) in {Union, UnionType}:
            [annotation] = [each for each in get_args(annotation) if each is not NoneType]
        else:
            return annotation


def _scalar(origin: Any) -> tuple[str, Any]:
    """How a type is called in JSON, and what tells it."""
    if origin is datetime:
        return "time", _is_time
    if origin in {list, tuple}:
        return "list", lambda value: isinstance(value, list)
    # JSON's true is no number, though Python's is
    return _JSON_NAMES[origin], lambda value: type(value) is origin


def _is_time(value: Any) -> bool:
    try:
        _TIME.validate_python(value)
    except ValidationError:
        return False
    return not isinstance(value, bool)
