"""Delivery: signatures, the three-second rule, retries, redelivery; what people see when the app fails."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from slack_bolt.async_app import AsyncApp

from sandbox import company
from sandbox.slack import Person, Slack
from sandbox.slack.delivery import Signing


@pytest.mark.usefixtures("http")
async def test_bolt_refuses_what_is_not_signed_by_slack(slack: Slack, bolt: AsyncApp, lena: Person) -> None:
    """The same command signed wrongly, or rightly but six minutes ago, is refused with 401."""
    ran = 0

    @bolt.command("/request-access")
    async def command(ack: Any) -> None:
        nonlocal ran
        ran += 1
        await ack()

    assert (await lena.command("/request-access")).ok
    for signing in (Signing.WRONG, Signing.STALE):
        (again,) = await slack.courier.again(slack.deliveries[0], signing=signing)
        assert again.status == 401
    assert ran == 1


@pytest.mark.usefixtures("listening")
async def test_the_same_payload_can_be_delivered_again(slack: Slack, bolt: AsyncApp, lena: Person) -> None:
    """A redelivered payload is the same in everything, one after the other or at once."""
    seen: list[str] = []

    @bolt.command("/request-access")
    async def command(ack: Any, body: dict[str, Any]) -> None:
        seen.append(body["trigger_id"])
        await ack("Hello")

    await lena.command("/request-access")
    assert len(await slack.courier.again(slack.deliveries[-1], times=2)) == 2
    assert len(await slack.courier.again(slack.deliveries[0], times=3, at_once=True)) == 3
    assert len(seen) == 6
    assert len(set(seen)) == 1
    assert [message.shown for message in lena.messages()] == ["Hello"]


@pytest.mark.usefixtures("listening")
async def test_a_slow_answer_is_no_answer(slack: Slack, bolt: AsyncApp, lena: Person) -> None:
    """Who does not acknowledge in time has failed: the person reads operation_timeout, the modal stays."""
    slack.courier.ack_seconds = 0.2
    released = asyncio.Event()

    @bolt.command("/request-access")
    async def command(ack: Any) -> None:
        await released.wait()
        await ack()

    outcome = await lena.command("/request-access")
    assert outcome.told == '/request-access failed with the error "operation_timeout"'
    released.set()


async def test_without_an_app_a_command_fails(slack: Slack, lena: Person) -> None:
    """Nobody connected and no request URL: dispatch_failed. A command nobody registered is not even sent."""
    assert (await lena.command("/request-access")).error == "dispatch_failed"
    assert (await lena.shortcut("Request access")).error == "dispatch_failed"
    slack.app.request_url = "http://127.0.0.1:9/nobody-listens"
    assert (await lena.command("/request-access")).error == "dispatch_failed"
    sent = len(slack.deliveries)
    assert (await lena.command("/unheard-of")).error == "unknown_command"
    assert len(slack.deliveries) == sent


@pytest.mark.usefixtures("http")
async def test_events_are_retried_until_acknowledged(slack: Slack, bolt: AsyncApp, lena: Person) -> None:
    """An event that failed comes again with its number and the reason, the same in its event_id."""
    slack.courier.retry_delays = (0, 0.01, 0.01)
    seen: list[tuple[Any, Any, str]] = []

    @bolt.event("app_home_opened")
    async def opened(body: dict[str, Any], request: Any) -> None:
        number, reason = (request.headers.get(f"x-slack-retry-{name}", [None])[0] for name in ("num", "reason"))
        seen.append((number, reason, body["event_id"]))
        if len(seen) < 3:
            raise RuntimeError("not yet")

    assert (await lena.open_home()).error == "dispatch_failed"
    await slack.until(lambda: len(slack.deliveries) == 3 and slack.deliveries[-1].status)
    assert [one[:2] for one in seen] == [(None, None), ("1", "http_error"), ("2", "http_error")]
    assert len({one[2] for one in seen}) == 1


@pytest.mark.usefixtures("listening")
async def test_an_app_hears_of_people_and_of_what_they_write(slack: Slack, bolt: AsyncApp, lena: Person) -> None:
    """Deactivation, joining, a changed manager and a message in the direct message arrive as events."""
    seen: list[dict[str, Any]] = []

    @bolt.event("user_change")
    @bolt.event("team_join")
    @bolt.event("message")
    async def event(event: dict[str, Any]) -> None:
        seen.append(event)

    def last(kind: str) -> dict[str, Any]:
        return next(one for one in reversed(seen) if one["type"] == kind)

    await lena.say("status")
    assert (await slack.until(lambda: last("message")))["channel_type"] == "im"
    slack.deactivate("U0TOM00001")
    assert (await slack.until(lambda: last("user_change")))["user"]["deleted"] is True
    guest = company.Person(id="U0GUEST001", name="Gus Guest", email="", title="Guest", is_guest=True)
    slack.join(guest)
    joined = await slack.until(lambda: last("team_join"))
    assert joined["user"]["is_restricted"] is True
    assert "email" not in joined["user"]["profile"]
    slack.app.events -= {"user_change"}
    sent = len(slack.deliveries)
    slack.reactivate("U0TOM00001")
    assert len(slack.deliveries) == sent


@pytest.mark.usefixtures("listening")
async def test_answers_to_a_modal_do_what_they_say(slack: Slack, bolt: AsyncApp, lena: Person) -> None:
    """update, push and clear change the stack; errors for a block that is no input, or a bad view, are trouble."""
    answers: list[dict[str, Any]] = []

    def view(title: str) -> dict[str, Any]:
        plain = {"type": "plain_text", "text": title}
        blocks = [{"type": "section", "block_id": "note", "text": plain}]
        return {"type": "modal", "callback_id": "form", "title": plain, "submit": plain, "blocks": blocks}

    @bolt.command("/request-access")
    async def command(ack: Any, body: dict[str, Any], client: Any) -> None:
        await client.views_open(trigger_id=body["trigger_id"], view=view("First"))
        await ack()

    @bolt.view("form")
    async def submitted(ack: Any) -> None:
        await ack(**answers.pop(0))

    async def submit(**answer: Any) -> Any:
        answers.append(answer)
        return await lena.submit()

    await lena.command("/request-access")
    assert (await submit(response_action="update", view=view("Updated"))).ok
    assert lena.modal is not None
    assert lena.modal.title == "Updated"
    assert (await submit(response_action="push", view=view("Pushed"))).ok
    assert lena.modal.title == "Pushed"
    assert (await submit()).closed
    assert lena.modal.title == "Updated"
    trouble = await submit(response_action="errors", errors={"note": "x"})
    assert trouble.error == "invalid_response_action"
    assert trouble.told == "We had some trouble connecting. Try again?"
    assert (await submit(response_action="update", view={**view("x"), "title": None})).error == "invalid_arguments"
    assert lena.modal.title == "Updated"
    assert (await submit(response_action="clear")).closed
    assert lena.modal is None
