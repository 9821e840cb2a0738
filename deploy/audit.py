"""Looks the locked dependencies up among the known vulnerabilities: `python -m deploy.audit`, or `make audit`.

pip-audit does the work, over what uv.lock says, hashes and all. Where the advisories cannot be reached nothing is
known, which is said and is no failure; a finding is one.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

import httpx

ROOT: Final = Path(__file__).parents[1]
BIN: Final = Path(sys.executable).parent
#: the Open Source Vulnerabilities database (google.github.io/osv.dev/post-v1-query)
ADVISORIES: Final = "https://api.osv.dev/v1/query"
#: seconds
PATIENCE: Final = 10
_EXPORT: Final = ("export", "--quiet", "--locked", "--all-extras", "--no-emit-project", "--format", "requirements-txt")


def main() -> int:
    """Exit code 0: nothing found, or nobody to ask; 1: a finding, or it did not work."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--advisories", default=ADVISORIES, help="where to ask: an OSV query endpoint (%(default)s)")
    parser.add_argument(
        "--requirements", type=Path, help="pinned requirements with hashes, instead of those of uv.lock"
    )
    arguments = parser.parse_args()
    if not is_reachable(arguments.advisories):
        say(f"Not audited: {arguments.advisories} cannot be reached from here. CI with a way out has to run it.")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        requirements = arguments.requirements or locked(Path(folder))
        report = ask(arguments.advisories, requirements)
    if report is None:
        return 1
    findings = list(found(report))
    say("\n".join(findings) or f"No known vulnerability in {len(report)} dependencies.")
    return 1 if findings else 0


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


def is_reachable(advisories: str) -> bool:
    """Does the service answer a question as it should?"""
    question = {"version": "0", "package": {"name": "usher", "ecosystem": "PyPI"}}
    try:
        return isinstance(httpx.post(advisories, json=question, timeout=PATIENCE).raise_for_status().json(), dict)
    except (httpx.HTTPError, ValueError):
        return False


def locked(folder: Path) -> Path:
    """What uv.lock pins, with the tools for development, as requirements."""
    file = folder / "requirements.txt"
    export: list[str | Path] = [BIN / "uv", *_EXPORT, "--output-file", file]
    subprocess.run(export, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - the project's own tool
    return file


def ask(advisories: str, requirements: Path) -> list[dict[str, Any]] | None:
    """pip-audit's report, a dependency each; None where it has none, after saying why."""
    command: list[str | Path] = [
        BIN / "pip-audit", "--requirement", requirements, "--require-hashes", "--disable-pip",
        "--vulnerability-service", "osv", "--osv-url", advisories, "--format", "json", "--progress-spinner", "off",
    ]  # fmt: skip
    audited = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - likewise
    try:
        report: list[dict[str, Any]] = json.loads(audited.stdout)["dependencies"]
    except ValueError:
        sys.stderr.write(f"{audited.stderr.strip() or 'pip-audit said nothing.'}\n")
        return None
    return report


def found(report: list[dict[str, Any]]) -> list[str]:
    """A line for each finding: what is wrong, and which version mends it."""
    return [
        f"{one['name']} {one['version']}: {flaw['id']}, mended in {', '.join(flaw['fix_versions']) or 'no version yet'}"
        for one in report
        for flaw in one.get("vulns", ())
    ]


if __name__ == "__main__":
    sys.exit(main())
