"""docs/settings.md and .env.example say of every setting what the code says of it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.settings import Settings, variable

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/settings.md").read_text(encoding="utf-8")
SECTIONS = {
    name: " ".join(text.split()) for name, text in re.findall(r"### `(\S+)`\n(.*?)(?=\n##|\Z)", PAGE, flags=re.DOTALL)
}
NAMES = [variable(field) for field in Settings.model_fields]


def test_the_page_describes_exactly_the_settings() -> None:
    """No setting goes without a section, and no section without a setting."""
    assert set(SECTIONS) == {*NAMES, "USHER_SECRET_<NAME>"}


@pytest.mark.parametrize("field", Settings.model_fields)
def test_a_section_says_the_default(field: str) -> None:
    """Whoever reads the page knows what happens without the setting."""
    default = Settings.model_fields[field].default
    if default in (None, ()):
        return
    assert f"`{_written(default)}`" in SECTIONS[variable(field)]


def _written(value: object) -> str:
    """As it is written into the environment."""
    match value:
        case bool():
            return str(value).lower()
        case float():
            return f"{value:g}"
        case tuple():
            return ",".join(value)
    return str(value)


@pytest.mark.parametrize("field", Settings.model_fields)
def test_a_section_says_what_the_error_message_says(field: str) -> None:
    """The page and the error message name the thing in the same words."""
    description = Settings.model_fields[field].description or ""
    beginning = re.split(r"[;:,]", description)[0]
    assert beginning.casefold() in SECTIONS[variable(field)].replace("`", "").casefold()


def test_the_example_lists_every_setting() -> None:
    """Copying .env.example is enough to know of everything that can be set."""
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    listed = re.findall(r"^#?([A-Z_]+)=", example, flags=re.MULTILINE)
    assert sorted(listed) == sorted([*NAMES, "USHER_SECRET_CHATGPT_SESSION"])


def test_the_example_is_right(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The example as it is, with its comments taken away, is a set of valid settings: the defaults."""
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    text = re.sub(r"^#(?=[A-Z_]+=)", "", example, flags=re.MULTILINE).replace("https://usher.example.com", "")
    (tmp_path / ".env").write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert Settings.load().model_dump() == Settings.given().model_dump()
