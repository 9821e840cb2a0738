"""Whose connection it is."""

from __future__ import annotations

import hashlib
from typing import Annotated

from mcp.server.mcpserver.tools import Tool
from mcp_types import CallToolResult
from pydantic import Field

from bot.chatgpt_app.config import AppConfig
from bot.chatgpt_app.door import caller
from bot.chatgpt_app.tools.describe import Answer, Effect, describe, say


class Profile(Answer):
    """OpenAI's profile: no other keys are allowed, and an invalid one can keep people from connecting."""

    id: str = Field(min_length=1, description="Stays the same for this person here, and says nothing by itself.")
    name: str = Field(min_length=1, description="The person's name.")
    email: str | None = Field(default=None, description="The e-mail address that access is given to.")


def profile_tools(config: AppConfig) -> list[Tool]:
    """`get_profile`."""

    async def get_profile() -> Annotated[CallToolResult, Profile]:
        """Use this when you need to know whose Usher account is connected. It reads nothing but the profile of the
        person who is signed in, and changes nothing."""
        holder = caller()
        opaque = hashlib.sha256(f"{config.resource} {holder.person_id}".encode()).hexdigest()[:32]
        profile = Profile(id=opaque, name=holder.name or "Unnamed", email=holder.email)
        return say(profile.model_dump_json(exclude_none=True), profile)

    return [
        describe(
            get_profile,
            title="Who is connected",
            effect=Effect.READS,
            doing="Looking up who is connected…",
            done="Found who is connected",
            meta={"openai/profile": True},
        )
    ]
