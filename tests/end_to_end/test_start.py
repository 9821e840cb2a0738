"""Starting with a catalogue: mistakes name file, line and remedy, and a later catalogue takes nothing away."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from bot.access.catalog_problems import CatalogProblems
from sandbox import company
from tests.support.harbour import Harbour
from tests.support.studio import CATALOG, Studio


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("    name: Figma", "    nome: Figma", "nome"),
        (f"owner: {company.NOOR.email}\n    policy: handbook", "owner: nora@harbour.example", "nora@harbour.example"),
        ("key: figma", "key: chatgpt", "is already on line 19: give it another key"),
        ("[30d, unlimited]", "[a month]", "“a month” is not a duration: write 90s"),
        ("policy: handbook", "policy: handbok", "handbok"),
    ],
    ids=["unknown key", "unknown person", "duplicate", "no duration", "unknown policy"],
)
async def test_a_mistake_in_the_catalogue_ends_the_start(
    database_file: Path, right: str, wrong: str, said: str
) -> None:
    """The message names the file, the line and what to write."""
    assert CATALOG.count(right) == 1
    line = CATALOG[: CATALOG.index(right)].count("\n") + 1
    with pytest.raises(BaseExceptionGroup) as caught:
        async with Studio.open(database_file, catalog=CATALOG.replace(right, wrong)):
            pass
    [problems] = caught.value.exceptions
    assert isinstance(problems, CatalogProblems)
    assert f"usher.yml:{line}" in str(problems)
    assert said in str(problems)


async def test_an_application_that_is_taken_out_is_still_taken_back(database_file: Path) -> None:
    """Nobody can ask for it any more; the grants in it live on and end on time, also the ones that are made by hand."""
    async with Studio.open(database_file) as studio:
        await studio.ask(studio.lena, "figma 30d to draw")
        await studio.approve(studio.maya, studio.lena)
        step = await studio.until(lambda: studio.noor.message("Give Lena Fischer access to Figma"))
        await studio.noor.press("Done", in_=step)
        await studio.until(lambda: studio.lena.message("Figma · Active"))
        await studio.at_rest()
    start, end = CATALOG.index("  - key: figma"), CATALOG.index("  - key: handbook")
    async with Studio.open(database_file, catalog=CATALOG[:start] + CATALOG[end:]) as studio:
        await studio.tom.command("/request-access", "figma")
        assert "is not an application that Usher knows" in studio.answers(studio.tom)[0]
        away = await studio.in_time(
            lambda: studio.noor.message("Take Lena Fischer out of Figma"), within=timedelta(days=31)
        )
        await studio.noor.press("Done", in_=away)
        await studio.at_rest()
        [grant] = await studio.grants()
        assert (grant.state, grant.end_reason) == ("ended", "expired")


async def test_a_token_that_slack_takes_back_is_named_by_readyz(database_file: Path) -> None:
    """Ready is not who can tell nobody anything, until Slack takes the token again."""
    async with Studio.open(database_file) as studio, httpx.AsyncClient(base_url=studio.usher.url) as http:
        card = await studio.ask(studio.lena)
        await studio.at_rest()
        assert (await http.get("/readyz")).json() == {"ready": True, "missing": []}
        studio.slack.faults.add("*", "error", error="token_revoked")
        await studio.approve(studio.maya, studio.lena)
        await studio.until(lambda: studio.has(studio.lena) is not None)
        await studio.at_rest()
        answer = await http.get("/readyz")
        assert answer.status_code == 503
        assert answer.json()["missing"] == ["Slack does not accept SLACK_BOT_TOKEN (token_revoked)"]
        studio.slack.faults.clear()
        await studio.in_time(lambda: "· Invited" in card.shown)
        assert (await http.get("/readyz")).json() == {"ready": True, "missing": []}


async def test_an_admin_whom_nobody_knows_is_named_in_the_log(database_file: Path, tmp_path: Path) -> None:
    """A slip in USHER_ADMINS would otherwise show when the first alert reaches nobody."""
    async with Harbour.open(tmp_path, f"sqlite+aiosqlite:///{database_file}") as harbour:
        harbour.usher = harbour.another_usher(USHER_ADMINS=f"{company.NOOR.email},nora@harbour.example")
        await harbour.start()
        warned = harbour.usher.logged("settings.unknown_admin")
    assert [(line["level"], line["admin"]) for line in warned] == [("warning", "nora@harbour.example")]
