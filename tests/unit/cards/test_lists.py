"""The modal of one page of a list, and what an admin sees of one request."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.access.history import Happening
from bot.access.lists import ListName, Look, Sheet
from bot.access.paging import FIRST, Turn
from bot.cards import actions
from bot.cards.lists import list_view, read_look, write_look
from bot.cards.request_detail import request_view
from storage.tables import GrantState, RequestState
from tests.support import cards, stories
from tests.support.stories import LENA, MAYA, NOOR, NOW

EVERY_STATE = Sheet(look=Look(name=ListName.REQUESTS), items=(stories.story(),), previous=None, next=None)


def sheet(name: ListName = ListName.TEAM, **changes: object) -> Sheet:
    """The only page of a list with one item."""
    blank = Sheet(look=Look(name=name), items=(stories.granted(),), previous=None, next=None)
    return replace(blank, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ListName)
def test_an_empty_list_says_so(name: ListName) -> None:
    """Nobody looks at an empty window."""
    view = list_view(sheet(name, items=()), reader_id=MAYA.id, now=NOW)
    assert any(block["type"] == "rich_text" for block in view["blocks"])
    assert len(view["title"]["text"]) <= 24


def test_a_list_has_the_buttons_of_the_pages_that_there_are() -> None:
    """Each carries the id behind or before which that page lies, and nothing else."""
    assert set(cards.buttons(list_view(sheet(), reader_id=MAYA.id, now=NOW)["blocks"])) == {"Revoke"}
    view = list_view(
        sheet(previous=Turn(before="0199-first"), next=Turn(after="0199-last")), reader_id=MAYA.id, now=NOW
    )
    buttons = cards.buttons(view["blocks"])
    assert (buttons["Previous"]["value"], buttons["Next"]["value"]) == ("0199-first", "0199-last")


def test_what_a_list_shows_is_known_when_something_in_it_is_pressed() -> None:
    """Whatever it is narrowed to, and whichever page it is."""
    for look in (
        Look(name=ListName.MY_ACCESS),
        Look(
            name=ListName.REQUESTS,
            person_id=LENA.id,
            application="chatgpt",
            state=RequestState.DENIED,
            turn=Turn(after="0199"),
        ),
        Look(name=ListName.SEATS, turn=Turn(before="0199")),
    ):
        assert read_look(write_look(look)) == look


def test_the_choices_of_a_list_say_what_it_shows() -> None:
    """Slack keeps what was chosen while the block_id stays: another choice is another block."""
    narrowed = replace(EVERY_STATE, look=Look(name=ListName.REQUESTS, person_id=LENA.id, state=RequestState.DENIED))
    first, second = (list_view(one, reader_id=NOOR.id, now=NOW)["blocks"][0] for one in (EVERY_STATE, narrowed))
    assert first["block_id"] != second["block_id"]
    by_id = {one["action_id"]: one for one in second["elements"]}
    assert by_id[actions.LIST_STATE]["initial_option"]["text"]["text"] == "Denied"
    assert by_id[actions.LIST_PERSON]["initial_user"] == LENA.id
    assert "initial_option" not in by_id[actions.LIST_APPLICATION]
    assert actions.LIST_RESET in by_id
    assert actions.LIST_RESET not in {one["action_id"] for one in first["elements"]}


def test_a_request_among_all_can_be_opened() -> None:
    """Its headline, who asked, when, and Open with the request's id."""
    view = list_view(EVERY_STATE, reader_id=NOOR.id, now=NOW)
    text = cards.seen(view["blocks"])
    assert "ChatGPT · Waiting for approval" in text
    assert f"@{LENA.id} · Member · ChatGPT seat · 30 days · asked 23 Nov 2026 at 10:00 UTC" in text
    assert cards.buttons(view["blocks"])["Open"]["value"] == stories.story().id
    assert EVERY_STATE.look.turn == FIRST


def test_an_admin_reads_a_request_from_beginning_to_end() -> None:
    """What was asked and why, who said what, what became of it, and the ledger's lines in words."""
    story = stories.granted(GrantState.ACTIVE)
    history = [
        Happening(at=NOW, event="request.submitted", by=LENA, from_shell=False, decision=None),
        Happening(at=NOW, event="request.vote", by=MAYA, from_shell=False, decision="approved"),
        Happening(at=NOW, event="grant.active", by=None, from_shell=False, decision=None),
        Happening(at=NOW, event="something.quite_new", by=None, from_shell=True, decision=None),
    ]
    view = request_view(story, history, viewer_id=NOOR.id)
    text = cards.seen(view["blocks"])
    assert "ChatGPT · Active" in text
    assert cards.quotes(view["blocks"]) == [stories.REASON]
    assert f"@{MAYA.id} (@{LENA.id}'s manager) approved 23 Nov 2026 at 10:12 UTC" in text
    for line in (
        f"@{LENA.id}: Asked · 23 Nov 2026 at 10:00 UTC",
        f"@{MAYA.id}: Approved",
        "Usher: The access was seen to be there",
        "An admin at the shell: Something quite new",
    ):
        assert line in text
    assert set(cards.buttons(view["blocks"])) == {"Revoke"}
    over = request_view(stories.granted(GrantState.ENDED), history, viewer_id=NOOR.id)
    assert cards.buttons(over["blocks"]) == {}
