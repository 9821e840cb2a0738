"""A person becomes a pseudonym wherever rows and lines of the ledger name them, and the chain still holds."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

import sqlalchemy as sa

from storage.sealing import TEXT_ERASED, content_digest, values_of, without
from storage.tables import Base, LedgerLine, table_of
from storage.transaction import Transaction

_PAGE = 500
_ledger = table_of(LedgerLine)
#: where in a line's data people write
_TEXTS = ("data/reason", "data/note")


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Whatever tells who somebody is, and what stands in its place."""

    id: str
    email: str | None
    name: str
    pseudonym: str

    @property
    def words(self) -> tuple[str, ...]:
        return tuple(word for word in (self.id, self.email, self.name) if word)

    def names(self, text: str) -> bool:
        """Does the text name them?"""
        return self._pattern(text).search(text) is not None

    def hide(self, value: Any) -> Any:
        """The value with the pseudonym wherever it names them; in JSON at every depth, keys included."""
        if isinstance(value, str):
            return self._pattern(value).sub(self.pseudonym, value)
        if isinstance(value, dict):
            return {self.hide(key): self.hide(each) for key, each in value.items()}
        if isinstance(value, list):
            return [self.hide(each) for each in value]
        return value

    def may_stand_in(self, columns: Collection[sa.Column[Any]]) -> sa.ColumnElement[bool]:
        """Which rows are worth a closer look: the database cannot tell a name from a part of another word."""
        # JSON may be stored with letters beyond ASCII written as \\u00eb
        words = {form for word in self.words for form in (word, json.dumps(word)[1:-1])}
        return sa.or_(
            *(sa.cast(column, sa.Text).icontains(word, autoescape=True) for column in columns for word in sorted(words))
        )

    def _pattern(self, text: str) -> re.Pattern[str]:
        # a name of one word, such as that of a bot called Usher, is looked for in sentences, not in keys and states
        is_sure = " " in self.name or " " in text
        return _pattern(self.id, self.email, self.name if is_sure else "")


@cache
def _pattern(id_: str, email: str | None, name: str) -> re.Pattern[str]:
    """Whole words, also of an address: `ann@harbour.example` is no part of `joann@harbour.example`."""
    exact = "|".join(re.escape(word) for word in (id_, name) if word)
    address = f"|(?i:{re.escape(email)})" if email else ""
    return re.compile(rf"(?<![\w.+-])(?:{exact}{address})(?![\w-])")


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasedLines:
    """What an erasure did to the ledger."""

    count: int
    #: by number, a digest of what is left of each line that was hashed as a whole
    vouched: Mapping[str, str]


async def erase_from_ledger(tx: Transaction, whom: Identity, *, subjects: Collection[str]) -> ErasedLines:
    """Erases from every line the values that name somebody, and the texts that they wrote or that are about subjects.

    Args:
        tx: the transaction.
        whom: the person.
        subjects: what the person asked for or had, as lines name it: `request:<id>`, `grant:<id>`.
    """
    theirs = sorted(subjects)
    erased = ErasedLines(count=0, vouched={})
    naming = whom.may_stand_in([_ledger.c.actor, _ledger.c.subject, _ledger.c.data])
    about = [_ledger.c.subject.in_(theirs[start : start + _PAGE]) for start in range(0, len(theirs), _PAGE)]
    for where in (naming, *about):
        more = await _erase_lines(tx, whom, where, subjects=frozenset(theirs))
        erased = ErasedLines(count=erased.count + more.count, vouched={**erased.vouched, **more.vouched})
    return erased


async def _erase_lines(
    tx: Transaction, whom: Identity, where: sa.ColumnElement[bool], *, subjects: Collection[str]
) -> ErasedLines:
    wanted = sa.select(_ledger).where(where).order_by(_ledger.c.seq).limit(_PAGE)
    count = 0
    vouched: dict[str, str] = {}
    page = (await tx.execute(wanted)).all()
    while page:
        for line in page:
            replaced = dict(_to_erase(line, whom, is_theirs=line.actor == whom.id or line.subject in subjects))
            if replaced:
                count += 1
                left = await _write(tx, line, replaced)
                vouched |= {} if left.seals else {str(line.seq): content_digest(left)}
        page = (await tx.execute(wanted.where(_ledger.c.seq > page[-1].seq))).all()
    return ErasedLines(count=count, vouched=vouched)


async def _write(tx: Transaction, line: Any, replaced: Mapping[str, str]) -> Any:
    """Writes what remains of a line without some values, and returns the line as it stands there now."""
    remains = {**asdict(without(line, replaced)), "salt": None}
    of_line = _ledger.c.seq == line.seq
    return (await tx.execute(sa.update(_ledger).where(of_line).values(**remains).returning(*_ledger.columns))).one()


def _to_erase(line: Any, whom: Identity, *, is_theirs: bool) -> Iterator[tuple[str, str]]:
    for path, value in values_of(line.actor, line.subject, line.data).items():
        if not isinstance(value, str):
            continue
        if is_theirs and path in _TEXTS and value and value != TEXT_ERASED:
            yield path, TEXT_ERASED
        elif whom.names(value):
            yield path, whom.pseudonym


async def hide_in_rows(tx: Transaction, whom: Identity, *, besides: Collection[type[Base]] = ()) -> int:
    """Puts the pseudonym in the place of whatever names somebody in every table but these; returns how many rows.

    The ledger is never among them. The pseudonym's row must be there already: others refer to it.
    """
    skipped = {table_of(LedgerLine), *map(table_of, besides)}
    return sum([await _hide_in(tx, table, whom) for table in Base.metadata.sorted_tables if table not in skipped])


async def _hide_in(tx: Transaction, table: sa.Table, whom: Identity) -> int:
    columns = [column for column in table.columns if isinstance(column.type, sa.Text | sa.JSON)]
    if not columns:
        return 0
    rows: Sequence[sa.RowMapping] = (
        (await tx.execute(sa.select(table).where(whom.may_stand_in(columns)))).mappings().all()
    )
    changed = 0
    for row in rows:
        hidden = {column.name: whom.hide(row[column.name]) for column in columns}
        values = {name: value for name, value in hidden.items() if value != row[name]}
        if values:
            key = [column == row[column.name] for column in table.primary_key]
            await tx.execute(sa.update(table).where(*key).values(**values))
            changed += 1
    return changed
