"""The files for containers and for systemd are what their own tools take, and name only what there is."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from bot.settings import Settings, field_of, variable

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
DOCKERFILE = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")


def test_hadolint_takes_the_dockerfile() -> None:
    """What a linter can know of it is right."""
    hadolint = Path(sys.executable).with_name("hadolint")
    checked = subprocess.run([hadolint, DEPLOY / "Dockerfile"], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_the_image_copies_what_there_is() -> None:
    """And everything that the wheel is made of."""
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE)
    sources = [source for line in copied for source in line.split()]
    assert all((ROOT / source).exists() for source in sources)
    assert {"bot", "storage", "sandbox", "docs", "manifest.yml"} <= set(sources)


def test_the_image_runs_as_nobody_special() -> None:
    """Not as root, and its health is asked of Usher itself."""
    last_stage = DOCKERFILE.split("\nFROM ")[-1]
    assert re.search(r"^USER 10001$", last_stage, re.MULTILINE)
    assert "/readyz" in last_stage


@pytest.mark.parametrize("file", ["Dockerfile", "compose.yml"])
def test_every_setting_there_exists(file: str) -> None:
    """A name that Usher does not read would be a setting that does nothing."""
    text = (DEPLOY / file).read_text(encoding="utf-8")
    named = set(re.findall(r"\b(?:USHER|SLACK)_[A-Z_]+\b", text))
    assert named
    assert [name for name in named if field_of(name) is None] == []


def test_compose_waits_for_a_database_that_answers() -> None:
    """Usher starts when PostgreSQL is healthy, is given its address, and gets the time it needs to stop."""
    composed = YAML(typ="safe").load(DEPLOY / "compose.yml")
    usher, db = composed["services"]["usher"], composed["services"]["db"]
    assert (DEPLOY / usher["build"]["context"]).resolve() == ROOT
    assert (ROOT / usher["build"]["dockerfile"]).exists()
    assert usher["depends_on"]["db"]["condition"] == "service_healthy"
    assert "healthcheck" in db
    assert int(usher["stop_grace_period"].removesuffix("s")) > Settings.model_fields["shutdown_seconds"].default
    assert variable("database_url") in usher["environment"]


def test_systemd_takes_the_unit() -> None:
    """`systemd-analyze verify` has nothing to say about it."""
    if shutil.which("systemd-analyze") is None:
        no_systemd = "no systemd-analyze: install systemd"
        (pytest.fail if os.environ.get("USHER_REQUIRE_ALL_PARTS") else pytest.skip)(no_systemd)
    verify = ["systemd-analyze", "verify", "--man=no", DEPLOY / "usher.service"]
    checked = subprocess.run(verify, capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stderr) == (0, "")
