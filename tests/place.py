"""An ops team's folder pointed at the stand-ins, and the `okr` command as a process of its own, as a user runs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from config.template import demo_sources, write
from sandbox.running import OZONE_PASSWORD, STRIPE_API_KEY, ZENDESK_TOKEN, Sandbox

ROOT = Path(__file__).resolve().parent.parent
SUNDAY = "2026-11-22T08:30:00+01:00"
MONDAY = "2026-11-23T08:30:00+01:00"


@dataclass(frozen=True)
class Site:
    """One installation: its folder, whose four files lie in `okr`."""

    folder: Path

    def environment(self, now: str, **more: str) -> dict[str, str]:
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("OKR_", "PREFECT_"))}
        return {
            **clean,
            "HOME": str(self.folder),
            "OKR_CONFIG_DIR": str(self.folder / "okr"),
            "OKR_DATABASE_URL": f"sqlite:///{self.folder / 'okr.db'}",
            "OKR_OUTPUT_DIR": str(self.folder / "out"),
            "OKR_NOW": now,
            "OKR_PERSON_KEY": "the same in every place, so that facts can be compared",
            "OZONE_PASSWORD": OZONE_PASSWORD,
            "STRIPE_API_KEY": STRIPE_API_KEY,
            "ZENDESK_TOKEN": ZENDESK_TOKEN,
            "WAREHOUSE_URL": f"sqlite:///{self.folder / 'okr' / 'warehouse.db'}",
            "PYTHONPATH": str(ROOT),
            **more,
        }

    def okr(self, *words: str, now: str = SUNDAY, **more: str) -> subprocess.CompletedProcess[str]:
        """Runs `okr WORDS` to its end."""
        command = [sys.executable, "-m", "cli", *words]
        return subprocess.run(
            command, env=self.environment(now, **more), cwd=self.folder, capture_output=True, text=True, timeout=300
        )

    def okr_json(self, *words: str, now: str = SUNDAY, code: int = 0) -> Any:
        """Runs `okr WORDS --json`, expects the exit code, and gives the document."""
        done = self.okr(*words, "--json", now=now)
        assert done.returncode == code, done.stdout + done.stderr
        return json.loads(done.stdout)

    def start(self, *words: str, now: str = SUNDAY) -> subprocess.Popen[bytes]:
        """Starts `okr WORDS` and leaves it running."""
        command = [sys.executable, "-m", "cli", *words]
        quiet = subprocess.DEVNULL
        return subprocess.Popen(command, env=self.environment(now), cwd=self.folder, stdout=quiet, stderr=quiet)

    def mails(self) -> list[Path]:
        return sorted((self.folder / "out" / "mail").glob("*.eml"))


@dataclass(frozen=True)
class Place(Site):
    """One installation, and the stand-ins that its sources name."""

    sandbox: Sandbox


def set_up(folder: Path, now: str) -> Iterator[Place]:
    """A folder with the template, stand-ins running at `now`."""
    okr = folder / "okr"
    okr.mkdir(parents=True)
    with Sandbox(now, okr) as sandbox:
        made = {path: path.read_bytes() for path in okr.glob("*.csv")}
        for path in made:
            path.unlink()
        write(okr, sources=demo_sources(sandbox.url))
        for path, content in made.items():
            path.write_bytes(content)
        yield Place(folder, sandbox)
