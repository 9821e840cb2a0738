"""What an admin is told to type can be typed as it stands."""

from __future__ import annotations

import pytest

from bot.access.catalog import ApplicationEntry
from bot.connectors.contract import SignInAgain, TryLater
from bot.engine.remedies import exact

WORKSPACE = {
    "type": "chatgpt",
    "workspace_id": "2f6d2e7c-8a6e-4c55-9a0f-5d1f6a0a7e11",
    "integration_email": "it@example.com",
}
SESSION = {**WORKSPACE, "transport": "web_admin", "secret": "chatgpt-session"}
BROWSER = {**WORKSPACE, "transport": "web_admin", "via": "browser"}


def entry(connector: dict[str, str]) -> ApplicationEntry:
    return ApplicationEntry.model_validate({"key": "chatgpt", "name": "ChatGPT", "connector": connector})


@pytest.mark.parametrize(
    ("remedy", "connector", "said"),
    [
        (SignInAgain.remedy, SESSION, "`usher secret set chatgpt-session`"),
        ("Run `usher browser sign-in` again.", BROWSER, "`usher browser sign-in chatgpt`"),
        (TryLater.remedy, SESSION, TryLater.remedy),
        (SignInAgain.remedy, {"type": "manual"}, SignInAgain.remedy),
    ],
)
def test_a_remedy_names_the_secret_and_the_application(remedy: str, connector: dict[str, str], said: str) -> None:
    """Connectors know neither; where there is nothing to name, it stays as it is."""
    assert said in exact(remedy, entry(connector))
