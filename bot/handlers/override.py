"""An admin decides in place of approvers who do not, from the list of all requests."""

from __future__ import annotations

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.access import queries
from bot.access.operations.override import demand_overridable, override
from bot.access.refusals import Refusal, Refused
from bot.cards import actions
from bot.cards.form import field_errors
from bot.cards.override import override_form, read_decision
from bot.cards.reason_form import read_reason
from bot.cards.refusals import refusal
from bot.handlers.house import Body, House, notice, person_of, show, tell, value_of


def register(app: AsyncApp, house: House) -> None:
    """Registers the button and its form."""
    door = Override(house)
    app.action(actions.OVERRIDE)(door.ask)
    app.view(actions.OVERRIDE_FORM)(door.decided)


class Override:
    """The door through which Usher's admins decide for somebody absent. Whether they are admins is asked twice."""

    def __init__(self, house: House) -> None:
        self._house = house

    async def ask(self, ack: AsyncAck, body: Body, client: AsyncWebClient) -> None:
        """Asks for the decision and the reason. Nothing is decided before the form is sent."""
        person_id, request_id = person_of(body), value_of(body)
        now = self._house.database.clock.now()
        try:
            await self._house.admin_only(person_id, Refusal.NOT_USHERS_ADMIN)
            await self._house.database.look(demand_overridable, request_id, person_id, now)
            story = await self._house.database.look(queries.load_story, request_id)
            if story is None:
                raise Refused(Refusal.GONE)
        except Refused as refused:
            await tell(body, client, refusal(refused, reader_id=person_id))
        else:
            await show(body, client, override_form(story))
        await ack()

    async def decided(self, ack: AsyncAck, body: Body) -> None:
        """The form was sent."""
        view, person_id = body["view"], person_of(body)
        decision, reason = read_decision(view["state"]["values"]), read_reason(view["state"]["values"])
        wrong = {} if decision else {"decision": "Please choose."}
        if not reason:
            wrong["reason"] = "Say in a few words why you decide: everybody concerned reads this."
        if decision is None or wrong:
            await ack(response_action="errors", errors=field_errors(wrong, view))
            return
        try:
            await self._house.admin_only(person_id, Refusal.NOT_USHERS_ADMIN)
            await self._house.database.write(
                override, request_id=str(view["private_metadata"]), admin_id=person_id, decision=decision, reason=reason
            )
        except Refused as refused:
            await ack(response_action="update", view=notice(refusal(refused, reader_id=person_id)))
        else:
            await ack(response_action="clear")
