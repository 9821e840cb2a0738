"""A line's values can be erased one after the other, and its hash stays what it was."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from storage.sealing import TEXT_ERASED, canonical, new_pseudonym, new_salt, sealed_hash, values_of, without

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


@dataclass(frozen=True, kw_only=True)
class Line:
    """A line as it stands in the database."""

    actor: str = "U1"
    subject: str = "request:1"
    data: str
    salt: str | None
    seals: str | None = None
    seq: int = 1
    at: datetime = datetime(2030, 1, 7, tzinfo=UTC)
    event: str = "request.submitted"
    previous: str = "0" * 64


def erased(line: Line, paths: list[str], stands: str) -> Line:
    return replace(line, **asdict(without(line, dict.fromkeys(paths, stands))), salt=None)


@given(content=st.dictionaries(st.text(max_size=5), JSON, max_size=5), data=st.data())
def test_the_hash_survives_an_erasure(content: dict[str, Any], data: st.DataObject) -> None:
    """Of any values of any line, in two steps; what is left is held to it, and so is where something was."""
    line = Line(data=canonical(content), salt=new_salt())
    before = sealed_hash(line)
    paths = sorted(values_of(line.actor, line.subject, line.data))
    assert len(paths) == len(set(paths))
    first = data.draw(st.lists(st.sampled_from(paths), unique=True))
    second = data.draw(st.lists(st.sampled_from(paths), unique=True))
    once = erased(line, first, TEXT_ERASED)
    twice = erased(once, second, new_pseudonym())
    assert sealed_hash(once) == sealed_hash(twice) == before

    left = sorted(set(paths) - {*first, *second})
    if left:
        path = data.draw(st.sampled_from(left))
        changed = without(twice, {path: "something else"})
        assert sealed_hash(replace(twice, actor=changed.actor, subject=changed.subject, data=changed.data)) != before
    gone = [path for path in ("actor", "subject") if path in {*first, *second}]
    if gone:
        assert sealed_hash(replace(twice, **dict.fromkeys(gone, "U2"))) != before


def test_a_list_is_not_taken_for_an_object() -> None:
    """What looks alike by its paths is told apart."""
    salt = new_salt()
    alike = ({"a": ["x"]}, {"a": {"0": "x"}}, {"a": {"#0": "x"}}, {"a/#0": "x"}, {"a": "x"}, {"a": {}}, {"a": []})
    assert len({sealed_hash(Line(data=canonical(content), salt=salt)) for content in alike}) == len(alike)


def test_data_that_only_reads_the_same_is_a_change() -> None:
    """Two keys of one name could be read as either."""
    assert sealed_hash(Line(data='{"a":1}', salt="s")) != ""
    for data in ('{"a": 1}', '{"a":2,"a":1}', "{", "[}"):
        assert sealed_hash(Line(data=data, salt="s")) == ""
    assert sealed_hash(Line(data="{}", salt=None)) == ""
    assert sealed_hash(Line(data="{}", salt=None, seals='{"kept":[]}')) == ""
