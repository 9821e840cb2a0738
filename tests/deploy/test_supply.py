"""What Usher is made of: every dependency pinned with its hashes, and looked up among the known vulnerabilities."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCK = tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))
FLAW = {
    "id": "GHSA-test-0001",
    "summary": "a flaw",
    "details": "a flaw",
    "affected": [
        {
            "package": {"name": "idna", "ecosystem": "PyPI"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "99.0"}]}],
        }
    ],
}


@contextmanager
def _advisories(flawed: str | None) -> Iterator[str]:
    """A service that answers as OSV does, and knows of a flaw in one package, or in none."""

    class Osv(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            body = json.dumps({"vulns": [FLAW]} if asked["package"]["name"] == flawed else {}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Osv)
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1/query"
    finally:
        server.shutdown()
        serving.join()
        server.server_close()


def _audit(advisories: str, folder: Path) -> subprocess.CompletedProcess[str]:
    requirements = folder / "requirements.txt"
    requirements.write_text(f"idna==3.11 --hash=sha256:{'0' * 64}\n", encoding="utf-8")
    command = [sys.executable, "-m", "deploy.audit", "--advisories", advisories, "--requirements", requirements]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("flawed", "code", "said"),
    [
        (None, 0, "No known vulnerability in 1 dependencies."),
        ("idna", 1, "idna 3.11: GHSA-test-0001, mended in 99.0"),
    ],
)
def test_a_finding_fails_the_audit(flawed: str | None, code: int, said: str, tmp_path: Path) -> None:
    """`make audit` fails on a known vulnerability, and names it with the version that mends it."""
    with _advisories(flawed) as address:
        audited = _audit(address, tmp_path)
    assert (audited.returncode, audited.stdout.strip()) == (code, said), audited.stderr


def test_without_a_way_out_nothing_is_known(tmp_path: Path) -> None:
    """Where the advisories cannot be reached, the audit says so and fails nothing."""
    with _advisories(None) as address:
        pass
    audited = _audit(address, tmp_path)
    assert audited.returncode == 0, audited.stderr
    assert audited.stdout.startswith("Not audited: ")


def test_every_dependency_is_pinned_with_its_hashes() -> None:
    """uv.lock names the one version of each, and the SHA-256 of every file that it may be installed from."""
    packages = [package for package in LOCK["package"] if "registry" in package["source"]]
    assert len(packages) == len(LOCK["package"]) - 1  # Usher itself
    for package in packages:
        files = [*package.get("wheels", []), *([package["sdist"]] if "sdist" in package else [])]
        assert files, package["name"]
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", file["hash"]) for file in files), package["name"]


@pytest.mark.parametrize("file", ["Makefile", "deploy/Dockerfile"])
def test_only_the_locked_versions_are_installed(file: str) -> None:
    """`make install` and the image take what uv.lock pins (`uv sync --locked` checks each hash), and nothing newer."""
    text = (ROOT / file).read_text(encoding="utf-8")
    syncs = re.findall(r"(?:\$\(UV\)|\buv) sync\b.*", text)
    assert syncs
    assert all("--locked" in sync for sync in syncs)
    assert set(re.findall(r"pip install (?:-\S+ )*(\w+)", text)) == {"uv"}
