"""While I am away, on the Home tab."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient
from sqlalchemy.ext.asyncio import AsyncSession

from bot.access.absences import load_absence
from bot.access.operations.away import come_back, go_away
from bot.access.reminders import zone
from bot.access.story import Absence
from bot.cards import actions
from bot.cards.away import away_form, read_away
from bot.cards.form import field_errors
from bot.handlers.house import Body, House, person_of, show
from storage.tables import Person


def register(app: AsyncApp, house: House) -> None:
    """Registers the two buttons and the form."""
    door = Away(house)
    app.action(actions.GO_AWAY)(door.ask)
    app.action(actions.COME_BACK)(door.back)
    app.view(actions.AWAY_FORM)(door.gone)


class Away:
    """The door through which somebody hands their decisions to a colleague."""

    def __init__(self, house: House) -> None:
        self._house = house

    async def ask(self, ack: AsyncAck, body: Body, client: AsyncWebClient) -> None:
        """Opens the form."""
        now = self._house.database.clock.now()
        timezone, standing = await self._house.database.look(_standing, person_of(body), now)
        await show(body, client, away_form(standing, today=now.astimezone(zone(timezone)).date()))
        await ack()

    async def back(self, ack: AsyncAck, body: Body, client: AsyncWebClient) -> None:
        """They decide for themselves again."""
        await self._house.act(ack, body, client, come_back, person_id=person_of(body))

    async def gone(self, ack: AsyncAck, body: Body) -> None:
        """The form was sent."""
        view, person_id = body["view"], person_of(body)
        entered = read_away(view["state"]["values"])
        missing = {"delegate": entered.delegate_id, "from": entered.first_day, "until": entered.last_day}
        wrong = {field: "Please choose." for field, value in missing.items() if value is None}
        if wrong or entered.delegate_id is None or entered.first_day is None or entered.last_day is None:
            await ack(response_action="errors", errors=field_errors(wrong, view))
            return
        timezone, _ = await self._house.database.look(_standing, person_id, self._house.database.clock.now())
        await self._house.enter(
            ack,
            body,
            go_away,
            person_id=person_id,
            delegate_id=entered.delegate_id,
            starts_at=_midnight(entered.first_day, timezone),
            ends_at=_midnight(entered.last_day + timedelta(days=1), timezone),
        )


async def _standing(session: AsyncSession, person_id: str, now: datetime) -> tuple[str, Absence | None]:
    """Where somebody lives, and what they said before."""
    person = await session.get(Person, person_id)
    return person.timezone if person else "UTC", await load_absence(session, person_id, now=now)


def _midnight(day: date, timezone: str) -> datetime:
    return datetime.combine(day, time(), tzinfo=zone(timezone)).astimezone(UTC)
