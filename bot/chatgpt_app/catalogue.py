"""The catalogue as the tools show it, read again only when it has changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa

from bot.access.catalog_store import list_offered
from bot.access.desired import Entitlement
from bot.cards.words import Phase
from bot.chatgpt_app import words
from bot.chatgpt_app.finding import Index
from bot.chatgpt_app.tools.answers import App, Mine
from storage.fixed import fixed
from storage.rows import Rows
from storage.tables import AccessRequest, Grant, LedgerLine, Person, SeatCount, UTCDateTime

#: how old the name of an owner may be; nothing tells of a new one
NAMES_LAST: Final = timedelta(minutes=1)

#: which seats were counted decides which of them are offered
_COUNTED = (
    sa.select(sa.func.aggregate_strings(SeatCount.application + " " + SeatCount.seat_type, ","))
    .where(SeatCount.used.is_not(None))
    .scalar_subquery()
)
_NOW = sa.select(sa.func.coalesce(sa.func.max(LedgerLine.seq), 0), _COUNTED)
#: how far the ledger goes, and its last line about the catalogue: nothing of it changes without one
_NEWS = (
    sa.select(
        sa.func.coalesce(sa.func.max(LedgerLine.seq), sa.bindparam("known")).label("seq"),
        sa.func.max(sa.case((LedgerLine.event.startswith("catalog."), LedgerLine.seq))).label("changed"),
        _COUNTED.label("counted"),
    )
    .where(LedgerLine.seq > sa.bindparam("known"))
    .subquery("news")
)
# both in one: what there is, and what is waited for; an emergency's request has its grant already
_MINE = sa.union_all(
    sa.select(
        Grant.application,
        Grant.role,
        Grant.seat_type,
        sa.type_coerce(Grant.state, sa.String).label("state"),
        Grant.ends_at,
    ).where(Grant.beneficiary_id == sa.bindparam("person"), Grant.state != sa.literal_column("'ended'")),
    sa.select(
        AccessRequest.application,
        AccessRequest.role,
        AccessRequest.seat_type,
        sa.type_coerce(AccessRequest.state, sa.String),
        sa.null(),
    ).where(
        AccessRequest.beneficiary_id == sa.bindparam("person"),
        # by the person: a plain comparison has SQLite walk through all that wait
        sa.func.coalesce(AccessRequest.state, "") == sa.literal_column("'pending'"),
        AccessRequest.expires_at > sa.bindparam("now", type_=UTCDateTime()),
        sa.not_(AccessRequest.emergency),
    ),
).subquery("mine")
#: in one statement, because most calls ask for both: a row for each thing that is mine, and one at least
_AROUND = fixed(sa.select(_NEWS, _MINE).select_from(_NEWS.outerjoin(_MINE, sa.true())))
_NAMES = sa.select(Person.id, Person.email, Person.name).where(
    sa.or_(
        Person.id.in_(sa.bindparam("names", expanding=True)), Person.email.in_(sa.bindparam("names", expanding=True))
    ),
    Person.active,
)

#: what somebody has or waits for, by application
Own = Mapping[str, Sequence[Mine]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """What there is to ask for: to be searched, and ready to be shown."""

    index: Index
    #: by key, as everybody sees them: without what somebody has there
    apps: Mapping[str, App]
    #: the same in words
    lines: Mapping[str, str]

    def shown(self, key: str, own: Own) -> tuple[App, str]:
        """An application with what somebody has there, and the same in words."""
        app = self.apps[key]
        if key not in own:
            return app, self.lines[key]
        theirs = app.model_copy(update={"mine": list(own[key])})
        return theirs, words.app_line(theirs)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    shelf: Shelf
    seq: int  # the ledger's line up to which it is known to be right
    counted: str | None
    read_at: datetime


class Catalogue:
    """One process's copy. What is kept is one value, so that two who read at the same time cannot mix it up."""

    def __init__(self) -> None:
        self._kept: _Kept | None = None

    async def around(self, rows: Rows, person_id: str, now: datetime) -> tuple[Shelf, Own]:
        """What there is now, and what somebody has or waits for."""
        kept = self._kept
        if kept is None or now - kept.read_at >= NAMES_LAST:
            kept = await self._read(rows, now)
        asked = {"known": kept.seq, "person": person_id, "now": now}
        found = (await rows.execute(_AROUND, asked)).all()
        seq, changed, counted, *_ = found[0]
        if changed is not None or counted != kept.counted:
            kept = await self._read(rows, now)
        elif seq != kept.seq:
            self._kept = replace(kept, seq=seq)
        own: dict[str, list[Mine]] = defaultdict(list)
        for _seq, _changed, _counted, application, role, seat_type, state, until in found:
            if application is not None:
                where = words.mine(Entitlement(role=role, seat_type=seat_type), Phase[state.upper()], until)
                own[application].append(where)
        return kept.shelf, own

    async def _read(self, rows: Rows, now: datetime) -> _Kept:
        seq, counted = (await rows.execute(_NOW)).one()
        entries = await list_offered(rows)
        owners = await _names(rows, {entry.owner for entry in entries if entry.owner})
        apps = {entry.key: words.app(entry, owner=owners.get(entry.owner or "")) for entry in entries}
        before = self._kept.shelf.index if self._kept else None
        shelf = Shelf(
            index=before if before is not None and before.entries == entries else Index(entries),
            apps=apps,
            lines={key: words.app_line(app) for key, app in apps.items()},
        )
        self._kept = kept = _Kept(shelf=shelf, seq=seq, counted=counted, read_at=now)
        return kept


async def _names(rows: Rows, people: set[str]) -> dict[str, str]:
    """By how the catalogue calls them: e-mail address or Slack user id."""
    found: dict[str, str] = {}
    for id_, email, name in await rows.execute(_NAMES, {"names": sorted(people)}):
        found |= {id_: name, email or id_: name}
    return found
