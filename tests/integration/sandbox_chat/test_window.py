"""One person's chat: what is called at once, what is asked first, and what the page may post."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import httpx2
import pytest

from sandbox import company
from sandbox.chat.transcript import Call, Stage
from tests.integration.sandbox_chat.conftest import Demo


async def test_what_changes_something_is_asked_first(demo: Demo) -> None:
    """Nothing is called before the person agrees, what they decline never is, and a second answer changes nothing."""
    tom, _ = await demo.connected(company.TOM)
    declined = await tom.say("Get me Figma, I draw")
    asked = await tom.say("Get me a Codex seat for two weeks, I am trying the agent")
    assert isinstance(asked, Call)
    mine = await tom.say("What did I ask for?")
    assert mine.shown()["words"] == "The user has not asked for anything yet."

    await tom.decide(declined.number, agreed=False)
    await tom.decide(declined.number, agreed=True)
    await tom.decide(asked.number, agreed=True)
    await tom.decide(asked.number, agreed=False)
    assert asked.stage is Stage.DONE
    mine = await tom.say("What did I ask for?")
    assert [each["app"] for each in mine.shown()["result"]["structuredContent"]["requests"]] == ["ChatGPT"]

    cancelled = await tom.say("Cancel my request")
    assert cancelled.shown()["effect"] == "takes away"
    await tom.decide(cancelled.number, agreed=True)
    assert "Cancelled" in cancelled.shown()["words"]


async def test_a_component_calls_tools_as_a_prompt_does(demo: Demo, http: httpx2.AsyncClient) -> None:
    """What only reads is called at once, and is not told; the rest waits for the person, and says whose wish it is."""
    lena, _ = await demo.connected(company.LENA)

    async def call(tool: str, **arguments: Any) -> dict[str, Any]:
        return dict(
            (await http.post("/chat/page/call", json={"as": "lena", "tool": tool, "arguments": arguments})).json()
        )

    before = lena.shown()["entries"]
    read = await call("get_app", app="figma")
    assert read["result"]["structuredContent"]["name"] == "Figma"
    assert lena.shown()["entries"] == before
    asked = await call("request_access", app="figma", reason="I draw")
    assert (asked["stage"], asked["result"]) == ("asks", None)
    told = lena.shown()["entries"][-1]
    assert (told["id"], told["by_component"], told["component"]) == (asked["id"], True, None)


async def test_what_a_tool_refuses_is_a_sentence(demo: Demo) -> None:
    """And an error, for whoever looks at the call."""
    maya, _ = await demo.connected(company.MAYA)
    refused = await maya.say("Get me Sketch, I draw")
    await maya.decide(refused.number, agreed=True)
    shown = refused.shown()
    assert shown["stage"] == "failed"
    assert shown["words"].startswith("There is no application “Sketch”.")
    assert shown["result"]["isError"] is True


@pytest.mark.parametrize(
    ("act", "body", "status", "why"),
    [
        ("say", {"as": "lena"}, HTTPStatus.BAD_REQUEST, "text is missing"),
        ("say", {"as": "lena", "text": " "}, HTTPStatus.BAD_REQUEST, "text has to be a text"),
        ("say", {"as": "bob", "text": "x"}, HTTPStatus.BAD_REQUEST, "Nobody called “bob” works at Harbour Studio."),
        ("say", [], HTTPStatus.BAD_REQUEST, "the body has to be a JSON object"),
        ("call", {"as": "noor", "tool": "get_app"}, HTTPStatus.BAD_REQUEST, "The app has no tool “get_app”, or is not"),
        ("decide", {"as": "noor", "id": "x", "agreed": True}, HTTPStatus.BAD_REQUEST, "id has to be a number"),
        ("connect", {}, HTTPStatus.BAD_REQUEST, "as is missing"),
    ],
)
async def test_what_will_not_do_is_said(
    http: httpx2.AsyncClient, act: str, body: Any, status: HTTPStatus, why: str
) -> None:
    """In a sentence, to whoever writes to the sandbox by hand."""
    answer = await http.post(f"/chat/page/{act}", json=body)
    assert (answer.status_code, answer.json()["error"].startswith(why)) == (status, True), answer.text


async def test_a_window_of_nobody_is_said_to_be_one(http: httpx2.AsyncClient) -> None:
    """Also to the page that asks for it."""
    answer = await http.get("/chat/page/state", params={"as": "bob"})
    assert (answer.status_code, answer.json()["error"]) == (404, "Nobody called “bob” works at Harbour Studio.")
