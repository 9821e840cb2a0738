"""Lists that are walked through from one item to the next."""

from __future__ import annotations

import pytest

from bot.connectors.chatgpt.admin_api_wire import Page, WireUser
from bot.connectors.chatgpt.paging import walked
from bot.connectors.contract import Unexpected


def page(*ids: str, **told: object) -> Page[WireUser]:
    return Page[WireUser].model_validate({"data": [{"id": each} for each in ids], **told})


class Lists:
    """Gives one page after the other (the last for ever), and keeps what was asked."""

    def __init__(self, *pages: Page[WireUser]) -> None:
        self._pages = pages
        self.asked: list[dict[str, str]] = []

    async def __call__(self, query: dict[str, str]) -> Page[WireUser]:
        self.asked.append(query)
        return self._pages[min(len(self.asked), len(self._pages)) - 1]


@pytest.mark.parametrize(
    ("pages", "asked"),
    [
        ([page("a", "b", has_more=False)], 1),
        ([page("a", has_more=True), page("b", has_more=False)], 2),
        ([page("a", has_more=True), page("a", "b", has_more=False)], 2),
        # a list that does not say whether it goes on
        ([page("a"), page("b"), page()], 3),
        ([page("a", "b")], 2),
    ],
)
async def test_a_list_is_read_to_its_end(pages: list[Page[WireUser]], asked: int) -> None:
    """Each item once; where the end is not told, it is where nothing new comes."""
    lists = Lists(*pages)
    assert [user.id for user in await walked(lists)] == ["a", "b"]
    assert len(lists.asked) == asked
    assert lists.asked[0] == {}


@pytest.mark.parametrize("last", [page("a", has_more=True), page(has_more=True)])
async def test_a_list_that_says_more_and_gives_no_more_is_not_believed(last: Page[WireUser]) -> None:
    """What is missing from it would count as gone."""
    with pytest.raises(Unexpected):
        await walked(Lists(page("a", has_more=True), last))


async def test_an_empty_list_is_empty() -> None:
    """Whatever it says about itself, but that there is more."""
    assert await walked(Lists(page())) == []
    assert await walked(Lists(page(has_more=False))) == []
