"""The version of Usher before this one: the code as it was before the newest migration, from git."""

from __future__ import annotations

import io
import subprocess
import tarfile
from pathlib import Path

from storage import migrate, revisions

ROOT = Path(__file__).parents[2]


def previous_version(directory: Path) -> Path | None:
    """Puts the code there and returns where it is; None where the history is not at hand (a wheel, a shallow clone)."""
    newest = revisions.known(migrate.PACKAGED).newest
    [script] = (ROOT / "storage" / "migrations" / "versions").glob(f"{newest}_*.py")
    added = _git("log", "--diff-filter=A", "--format=%H", "-1", "--", str(script.relative_to(ROOT)))
    if added is None:
        return None
    before = f"{added.decode().strip()}^" if added else "HEAD"  # the newest may not be committed yet
    archive = _git("archive", before, "bot", "storage", "manifest.yml")
    if archive is None:
        return None
    with tarfile.open(fileobj=io.BytesIO(archive)) as packed:
        packed.extractall(directory, filter="data")
    return directory


def _git(*arguments: str) -> bytes | None:
    try:
        done = subprocess.run(["git", "-C", ROOT, *arguments], capture_output=True, check=False)
    except FileNotFoundError:
        return None
    return done.stdout if done.returncode == 0 else None
