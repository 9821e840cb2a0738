"""Whose connection it is, in both eras of the protocol."""

from __future__ import annotations

import json

import pytest

from tests.support.mcp_app import ERAS, Served, text_of


@pytest.mark.parametrize("era", ERAS)
async def test_the_profile_is_of_whoever_holds_the_token(app: Served, era: str) -> None:
    """An opaque id that stays, a name and an address, and the same as text: what OpenAI's profile allows."""
    async with app.client("ULENA", era=era) as client:
        result = await client.call_tool("get_profile", {})
        again = await client.call_tool("get_profile", {})
    async with app.client("UTOM", era=era) as client:
        other = await client.call_tool("get_profile", {})
    profile = result.structured_content
    assert profile is not None
    assert profile == json.loads(text_of(result)) == again.structured_content
    assert profile["name"] == "Lena Fischer"
    assert profile["email"] == "lena@harbour.example"
    assert "ULENA" not in profile["id"]
    assert other.structured_content is not None
    assert other.structured_content["id"] != profile["id"]
