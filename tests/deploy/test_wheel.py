"""What is built from the checkout runs without it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
UV = Path(sys.executable).with_name("uv")


def run(*command: str | Path, cwd: Path) -> str:
    """What a command prints; it has to succeed, in an environment that knows nothing of the checkout."""
    ours = ("PYTHON", "VIRTUAL_ENV", "UV_PYTHON", "USHER_", "SLACK_")
    kept = {key: value for key, value in os.environ.items() if not key.startswith(ours)}
    environment = {**kept, "UV_PYTHON_DOWNLOADS": "never"}
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory with the commands of a fresh environment into which the wheel was installed."""
    place = tmp_path_factory.mktemp("wheel")
    source = place / "source"
    shutil.copytree(
        ROOT,
        source,
        ignore=shutil.ignore_patterns(".git", ".venv", "__pycache__", ".*_cache", ".hypothesis", "node_modules"),
    )
    python = ("--python", sys.executable)
    run(UV, "build", *python, "--wheel", "--quiet", "--out-dir", place, cwd=source)
    [wheel] = place.glob("usher-*.whl")
    # as the lock file has them, with their hashes
    locked = ("--locked", "--no-dev", "--no-emit-project", "--quiet", "--output-file", place / "locked.txt")
    run(UV, "export", *python, *locked, cwd=source)
    run(UV, "venv", *python, "--quiet", place / "venv", cwd=place)
    install = (UV, "pip", "install", "--python", place / "venv" / "bin" / "python", "--quiet")
    run(*install, "--require-hashes", "-r", place / "locked.txt", cwd=place)
    run(*install, "--no-deps", wheel, cwd=place)
    shutil.rmtree(source)
    return place / "venv" / "bin"


@pytest.mark.timeout(600)
def test_the_installed_command_plays_a_whole_lifecycle(installed: Path, tmp_path: Path) -> None:
    """`usher demo --tour` finds migrations, templates, pages and the manifest in the wheel."""
    assert "The seat was given and taken back." in run(installed / "usher", "demo", "--tour", cwd=tmp_path)
    assert "slash_commands" in run(installed / "usher", "manifest", cwd=tmp_path)


@pytest.mark.timeout(600)
def test_the_documentation_is_in_it(installed: Path, tmp_path: Path) -> None:
    """Usher serves its documentation at /llms.txt, so the pages come with it."""
    script = "from bot.chatgpt_app import public_files as p; p.public_file_routes(None); print(p.index())"
    assert run(installed / "python", "-c", script, cwd=tmp_path).startswith("# Usher")


@pytest.mark.timeout(600)
def test_the_pages_inside_chatgpt_are_in_it(installed: Path, tmp_path: Path) -> None:
    """They are put together from files of the package."""
    script = "from bot.chatgpt_app.component import REQUEST_URI; print(REQUEST_URI)"
    assert run(installed / "python", "-c", script, cwd=tmp_path).startswith("ui://usher/request/")
