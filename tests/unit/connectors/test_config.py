"""What the catalogue may say about a connector, and what follows from it without a network."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from bot.connectors.config import ChatGPTAdminApi, ChatGPTWebAdmin, Manual, connector_config
from bot.connectors.registry import capabilities_of

CHATGPT: dict[str, Any] = {
    "type": "chatgpt",
    "transport": "web_admin",
    "workspace_id": "2f6d2e7c-8a6e-4c55-9a0f-5d1f6a0a7e11",
    "integration_email": "it-chatgpt@example.com",
    "secret": "chatgpt-session",
}


ADMIN_API: dict[str, Any] = {
    "type": "chatgpt",
    "transport": "admin_api",
    "workspace_id": "2f6d2e7c-8a6e-4c55-9a0f-5d1f6a0a7e11",
    "secret": "chatgpt-admin-key",
}

SCIM: dict[str, Any] = {
    "type": "chatgpt",
    "transport": "scim",
    "workspace_id": "2f6d2e7c-8a6e-4c55-9a0f-5d1f6a0a7e11",
    "base_url": "https://api.workos.com/scim/v2.0/key",
    "secret": "chatgpt-scim",
}


def test_chatgpt_com_is_the_default_address() -> None:
    """Whoever names no address means ChatGPT itself."""
    config = connector_config.validate_python(CHATGPT)
    assert isinstance(config, ChatGPTWebAdmin)
    assert config.base_url == "https://chatgpt.com"
    admin_api = connector_config.validate_python(ADMIN_API)
    assert isinstance(admin_api, ChatGPTAdminApi)
    assert admin_api.base_url == "https://api.chatgpt.com/v1"


@pytest.mark.parametrize(
    "address",
    [
        "https://relay.example.com",
        "https://relay.example.com:8443/chatgpt",
        "http://127.0.0.1:8008/chatgpt",
        "http://localhost:8008",
        "http://[::1]:8008",
    ],
)
def test_a_relay_or_the_sandbox_can_stand_in_for_chatgpt(address: str) -> None:
    """Any https address will do, and plain http on this very machine."""
    assert connector_config.validate_python(CHATGPT | {"base_url": address + "/"}).model_dump()["base_url"] == address


@pytest.mark.parametrize(
    "address",
    [
        "http://chatgpt.com",
        "http://127.0.0.1.example.com",
        "http://localhost.example.com",
        "http://192.168.0.7",
        "https://user:password@chatgpt.com",
        "https://chatgpt.com/?next=elsewhere",
        "https://chatgpt.com/#fragment",
        "ftp://chatgpt.com",
        "chatgpt.com",
        "https://",
        "",
    ],
)
def test_a_session_is_not_sent_to_an_address_that_could_lose_it(address: str) -> None:
    """Plain http leaves the machine readable, and an address with more in it than a place is a mistake."""
    with pytest.raises(ValidationError, match="base_url"):
        connector_config.validate_python(CHATGPT | {"base_url": address})


@pytest.mark.parametrize(
    "wrong",
    [
        {"transport": "carrier_pigeon"},
        {"type": "chatgtp"},
        {"workspace_id": "harbour"},
        {"integration_email": "nobody"},
        {"secret": "eyJhbGciOiJkaXIi.a real cookie!"},
        {"cookie": "a secret in the catalogue"},
    ],
)
def test_a_mistake_in_the_catalogue_is_refused(wrong: dict[str, str]) -> None:
    """Nothing is guessed and nothing is ignored, a misspelt key least of all."""
    with pytest.raises(ValidationError):
        connector_config.validate_python(CHATGPT | wrong)


@pytest.mark.parametrize("missing", ["workspace_id", "integration_email", "secret", "transport"])
def test_what_a_workspace_needs_has_to_be_there(missing: str) -> None:
    """There is no default for whose workspace it is."""
    with pytest.raises(ValidationError, match=missing):
        connector_config.validate_python({key: value for key, value in CHATGPT.items() if key != missing})


def test_a_browser_keeps_its_own_session() -> None:
    """Whoever sends the calls through a browser has no secret to hand over, and may keep the name of one."""
    through_browser = CHATGPT | {"via": "browser"}
    config = connector_config.validate_python({key: through_browser[key] for key in through_browser if key != "secret"})
    assert isinstance(config, ChatGPTWebAdmin)
    assert (config.via, config.secret) == ("browser", None)
    assert connector_config.validate_python(through_browser)
    with pytest.raises(ValidationError, match="via"):
        connector_config.validate_python(CHATGPT | {"via": "pigeon"})


@pytest.mark.parametrize("missing", ["workspace_id", "secret"])
def test_what_an_admin_key_needs_has_to_be_there(missing: str) -> None:
    """An integration account is not among it: a key acts, and not a person."""
    with pytest.raises(ValidationError, match=missing):
        connector_config.validate_python({key: value for key, value in ADMIN_API.items() if key != missing})
    with pytest.raises(ValidationError, match="integration_email"):
        connector_config.validate_python(ADMIN_API | {"integration_email": "it@example.com"})


@pytest.mark.parametrize("missing", ["workspace_id", "base_url", "secret"])
def test_what_a_directory_needs_has_to_be_there(missing: str) -> None:
    """Its address above all: every directory has its own, so none is the default."""
    with pytest.raises(ValidationError, match=missing):
        connector_config.validate_python({key: value for key, value in SCIM.items() if key != missing})


def test_a_manual_application_needs_nothing_but_its_type() -> None:
    """Instructions and a link help, and may be missing."""
    assert connector_config.validate_python({"type": "manual"}) == Manual(type="manual")
    with pytest.raises(ValidationError, match="link"):
        connector_config.validate_python({"type": "manual", "link": "javascript:alert(1)"})


def test_what_can_be_asked_for_is_known_without_a_network() -> None:
    """The catalogue checks its roles and seat types against this, lowest role first."""
    capabilities = capabilities_of(connector_config.validate_python(CHATGPT))
    assert capabilities.roles == ("member", "admin", "owner")
    assert capabilities.seat_types[:2] == ("chatgpt", "codex")
    assert capabilities.observes
    admin_api = capabilities_of(connector_config.validate_python(ADMIN_API))
    assert (admin_api.roles, admin_api.seat_types) == (("member", "admin", "owner"), ("chatgpt", "codex"))
    assert (admin_api.observes, admin_api.sees_invites, admin_api.sees_seats) == (True, True, False)
    assert set(admin_api.permissions) == set(capabilities.permissions)
    scim = capabilities_of(connector_config.validate_python(SCIM))
    assert (scim.roles, scim.seat_types) == (("member",), ("chatgpt",))
    assert (scim.observes, scim.sees_invites, scim.sees_seats) == (True, False, False)
    assert "admin_api" in scim.no_others
    manual = capabilities_of(Manual(type="manual"))
    assert (manual.roles, manual.seat_types, manual.observes) == ((), (), False)
