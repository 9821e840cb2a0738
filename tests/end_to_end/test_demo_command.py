"""`usher demo` as a process of its own: it opens the company, plays the tour, and leaves nothing behind."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest

from bot.cli.demo.stage import stage
from bot.cli.demo.tour import TourFailed, take_tour
from tests.support.logging_as_before import logging_as_before

COMMAND = Path(sys.executable).with_name("usher")
#: seconds; far more than a start takes on a busy machine
PATIENCE = 240.0


@contextmanager
def demo(directory: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """The command, with `directory` for whatever it puts down in the meantime, and no settings."""
    with subprocess.Popen(
        [COMMAND, "demo", *arguments],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": os.environ.get("PYTHONPATH", ""), "TMPDIR": str(directory)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        too_late = threading.Timer(PATIENCE, process.kill)
        too_late.start()
        try:
            yield process
        finally:
            too_late.cancel()
            process.kill()


def address(process: subprocess.Popen[str]) -> str:
    """What it prints for the visitor to open."""
    assert process.stdout is not None
    for line in process.stdout:
        if found := re.search(r"http://127\.0\.0\.1:\d+", line):
            return found[0]
    raise AssertionError("it ended without an address")


@pytest.mark.parametrize("mode", ["--http", "--socket-mode"])
def test_the_demo_opens_and_ends_with_ctrl_c(tmp_path: Path, mode: str) -> None:
    """It prints one address, where the page is; Ctrl+C ends it at once and cleanly, although the page is open."""
    with demo(tmp_path, "--port", "0", mode) as process, httpx.Client(timeout=PATIENCE) as client:
        url = address(process)
        assert "Harbour Studio" in client.get(url).text
        state = client.get(f"{url}/slack/page/state", params={"as": "U0LENA0001"}).json()
        assert [person["name"] for person in state["people"] if not person["is_bot"]] == [
            "Lena Fischer", "Tom Okafor", "Maya Lindqvist", "Noor Haddad",
        ]  # fmt: skip
        waiting = threading.Thread(target=_wait_for_changes, args=(url, state["version"]))
        waiting.start()
        client.get(f"{url}/clock")
        process.send_signal(signal.SIGINT)
        printed, complaints = process.communicate(timeout=PATIENCE)
        waiting.join(PATIENCE)
    assert process.returncode == 0
    assert complaints == ""
    assert "Traceback" not in printed
    assert list(tmp_path.iterdir()) == []


def _wait_for_changes(url: str, version: int) -> None:
    """As an open page does; how it ends is the page's business."""
    with suppress(httpx.HTTPError):
        httpx.get(f"{url}/slack/page/changes", params={"as": "U0LENA0001", "since": version}, timeout=PATIENCE)


@pytest.mark.parametrize("mode", ["--http", "--socket-mode"])
def test_the_tour_gives_a_seat_and_takes_it_back(tmp_path: Path, mode: str) -> None:
    """Without a browser, and through ChatGPT too: each step is told once it was seen; the exit code says all were."""
    with demo(tmp_path, "--tour", mode) as process:
        printed, complaints = process.communicate()
    assert (process.returncode, complaints) == (0, "")
    *steps, end = [line.strip() for line in printed.splitlines() if line.strip()]
    assert end == "The seat was given and taken back."
    assert [step for step in steps if not step.startswith("✓ ")] == []
    for seen in ("is no member any more", "connected Usher in his ChatGPT", "Maya has the same card in Slack"):
        assert any(seen in step for step in steps), seen
    assert list(tmp_path.iterdir()) == []


async def test_the_tour_fails_where_the_seat_is_not_given() -> None:
    """It says which step was not seen, and tells none of those after it."""
    with logging_as_before():
        async with stage() as (sandbox, _):
            sandbox.chatgpt.faults.switch_on("token_revoked")
            steps = take_tour(sandbox)
            assert "asked for a Codex seat" in await anext(steps)
            assert await anext(steps) == "Maya Lindqvist, her manager, was asked"
            with pytest.raises(TourFailed, match="the invite: not seen"):
                await anext(steps)


def test_a_taken_port_is_said_in_one_sentence(tmp_path: Path) -> None:
    """With the remedy, and exit code 1."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with demo(tmp_path, "--port", str(port)) as process:
            printed, complaints = process.communicate()
    assert (process.returncode, printed) == (1, "")
    assert complaints == f"The demo cannot use port {port} (Address already in use): choose another with --port.\n"
    assert list(tmp_path.iterdir()) == []
