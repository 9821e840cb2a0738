"""What Slack never sends, and what it sends too late: an answer in a line, no traceback, no 500."""

from __future__ import annotations

import httpx
import pytest
from structlog.testing import capture_logs

from sandbox.slack.payloads import Outgoing
from tests.support.studio import Studio

JSON = {"content-type": "application/json"}
FORM = {"content-type": "application/x-www-form-urlencoded"}


@pytest.mark.parametrize(
    ("content", "headers"),
    [
        pytest.param(b"\xfb\xff", FORM, id="no text"),
        pytest.param(b"payload=%7Bnot", FORM, id="no JSON in the form"),
        pytest.param(b"not json", JSON, id="no JSON"),
        pytest.param(b"[1, 2]", JSON, id="a list"),
        pytest.param(b'{"user": 3.5}', JSON, id="a number for a person"),
        pytest.param(b'{"logger": 1, "type": "event_callback"}', JSON, id="a name that Bolt keeps for itself"),
        pytest.param(
            b'{"type": "view_closed", "user": {"id": "U1"}, "view": {"id": "V1", "type": "modal"}, '
            b'"response_urls": [{}, {}]}',
            JSON,
            id="right, but that Bolt stumbles over it",
        ),
    ],
)
async def test_a_stranger_cannot_make_it_stumble(studio: Studio, content: bytes, headers: dict[str, str]) -> None:
    """Bolt reads a body before it looks at the signature: what it cannot read is refused, unsigned as it is."""
    with capture_logs() as logged:
        async with httpx.AsyncClient(trust_env=False, timeout=60) as http:
            answer = await http.post(f"{studio.usher.url}/slack/events", content=content, headers=headers)
    assert answer.status_code in {400, 401}
    # were it Slack's after all, an admin would find the line
    assert [line["event"] for line in logged] == ["slack.misshapen"] * (answer.status_code == 400)


@pytest.mark.parametrize(
    "payload",
    [
        pytest.param({"type": "block_actions", "user": {"id": "U1"}, "actions": []}, id="nothing pressed"),
        pytest.param({"type": "view_submission", "user": {"id": "U1"}, "view": {"id": "V1"}}, id="nothing entered"),
        pytest.param({"type": "view_submission", "view": {"state": {"values": []}, "callback_id": 3}}, id="nobody"),
        pytest.param(
            {
                "type": "view_submission",
                "user": {"id": "U1"},
                "view": {"id": "V1", "callback_id": "x", "state": {"values": {}}},
            },
            id="a view of no kind",
        ),
    ],
)
async def test_a_signed_payload_of_no_shape_is_not_found_or_refused(studio: Studio, payload: dict[str, object]) -> None:
    """Whoever has the signing secret and does not speak Slack's language is told so, and no defect is logged."""
    delivery = await studio.slack.courier.send(Outgoing(kind="interactive", payload=payload))
    assert delivery.status in {400, 404}


async def test_a_command_that_comes_again_opens_nothing_and_is_no_defect(studio: Studio) -> None:
    """Its trigger was used up, so the form has been opened: there is nothing to be said."""
    await studio.lena.command("/request-access", "")
    [again] = await studio.slack.courier.again(studio.deliveries("/request-access")[-1])
    assert again.status == 200
    assert not again.answer
