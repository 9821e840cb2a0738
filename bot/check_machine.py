"""What `usher check` looks at on the machine itself: who can read what is secret, and where Usher will listen."""

from __future__ import annotations

from pathlib import Path

import httpx

from bot.connectors.contract import Condition
from bot.connectors.http import new_http_client
from bot.serving import listen
from bot.settings import ENV_FILE, Settings

_OTHERS = 0o077
#: seconds
PATIENCE = 5.0


def check_private(settings: Settings, database_file: Path | None) -> list[Condition]:
    """A finding for each place of secrets that others on this machine can read, or one that says that there is none."""
    files = [Path(ENV_FILE), *([database_file] if database_file is not None else [])]
    profiles = sorted(settings.browser_profiles.glob("*/")) if settings.browser_profiles.is_dir() else []
    there = [*(file for file in files if file.exists()), *profiles]
    open_to_others = [place for place in there if place.stat().st_mode & _OTHERS]
    if not open_to_others:
        named = ", ".join(map(str, there))
        return [Condition(name="Privacy", ok=True, detail=f"nobody else can read {named}")] if there else []
    return [
        Condition(
            name="Privacy",
            ok=False,
            detail=f"others on this machine can read {place}",
            remedy=f"chmod {700 if place.is_dir() else 600} {place}",
        )
        for place in open_to_others
    ]


async def check_address(settings: Settings) -> Condition:
    """Can Usher listen where the settings say, or does it already?"""
    name, address = "Address", f"{settings.host}:{settings.port}"
    try:
        listen(settings.host, settings.port).close()
    except OSError as error:
        if await _is_usher(settings):
            return Condition(name=name, ok=True, detail=f"Usher listens on {address} now")
        remedy = "Stop what listens there, or choose another: USHER_HOST, USHER_PORT."
        return Condition(name=name, ok=False, detail=str(error).partition("] ")[2] or str(error), remedy=remedy)
    return Condition(name=name, ok=True, detail=f"{address} is free to listen on")


async def _is_usher(settings: Settings) -> bool:
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)  # noqa: S104 - compared, not bound
    url = httpx.URL(scheme="http", host=host, port=settings.port, path="/readyz")
    async with new_http_client(trust_env=False) as http:
        try:
            said = (await http.get(url, timeout=PATIENCE)).json()
        except (httpx.HTTPError, ValueError):
            return False
    return isinstance(said, dict) and set(said) == {"ready", "missing"}
