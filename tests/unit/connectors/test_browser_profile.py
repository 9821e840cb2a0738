"""Where a browser of Usher's own keeps its sign-in."""

from __future__ import annotations

from pathlib import Path

from bot.connectors.browser.profile import Profile


def test_a_profile_is_its_owners_alone(tmp_path: Path) -> None:
    """Whoever can read it is signed in, so it is closed to others, also where somebody had opened it."""
    directory = tmp_path / "profiles" / "chatgpt"
    directory.mkdir(parents=True)
    directory.chmod(0o755)
    Profile(directory).take()
    assert directory.stat().st_mode & 0o777 == 0o700
