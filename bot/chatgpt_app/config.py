"""What the settings say about the ChatGPT app."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pydantic import SecretStr

from bot.settings import Settings

#: where Slack sends people back to
SLACK_CALLBACK: Final = "/oauth/slack/callback"


@dataclass(frozen=True, slots=True, kw_only=True)
class AppConfig:
    """Where the app is reached, and whom it lets in."""

    public_url: str  # without a slash at the end; every address that others compare is made from it
    origins: tuple[str, ...]  # whose programs people may connect
    guests: bool
    signin_client_id: str
    signin_client_secret: SecretStr
    slack_api_url: str
    apps_challenge: str | None

    @classmethod
    def of(cls, settings: Settings) -> AppConfig:
        """For settings that are complete (`Settings.for_run`) and name a public address."""
        if settings.public_url is None:
            raise ValueError("without USHER_PUBLIC_URL there is no ChatGPT app")
        return cls(
            public_url=settings.public_url,
            origins=settings.chatgpt_origins,
            guests=settings.chatgpt_guests,
            signin_client_id=settings.slack_signin_client_id or "",
            signin_client_secret=settings.slack_signin_client_secret or SecretStr(""),
            slack_api_url=settings.slack_api_url,
            apps_challenge=settings.openai_apps_challenge,
        )

    @property
    def issuer(self) -> str:
        """How the authorization server calls itself (RFC 8414)."""
        return self.public_url

    @property
    def slack_redirect_url(self) -> str:
        """What Slack has to know as a redirect URL of the app with which people sign in."""
        return f"{self.public_url}{SLACK_CALLBACK}"

    @property
    def resource(self) -> str:
        """What tokens are good for (RFC 8707)."""
        return f"{self.public_url}/mcp"
