"""The Trust & Safety template: what `okr init` writes, three objectives with three key results each."""

from __future__ import annotations

import os
import secrets
from importlib.resources import files
from pathlib import Path

from config.problems import ConfigProblems, Problem

YAML_FILES = ("sources.yaml", "metrics.yaml", "okrs.yaml", "audiences.yaml")
TABLES = ("roster.csv", "training.csv", "audits.csv")
SANDBOX = "{sandbox}"
"""Stands for the sandbox's address in demo_sources.yaml."""


def write(folder: Path, sources: str | None = None) -> list[Path]:
    """Writes the template into `folder`, with `sources` in the place of its sources.yaml, and returns what it wrote.

    `.env` gets a person key of its own and is readable by its owner alone. Raises ConfigProblems, having written
    nothing, where any of the files is there already.
    """
    texts = {name: text(name) for name in (*YAML_FILES, *TABLES)}
    texts["sources.yaml"] = sources if sources is not None else texts["sources.yaml"]
    texts |= {".gitignore": ".env\n", ".env": _env()}
    there = [name for name in texts if (folder / name).exists()]
    if there:
        message = f"is in {folder} already, and nothing is overwritten; choose another folder or move it away"
        raise ConfigProblems(Problem(name, None, "", message) for name in there)
    folder.mkdir(parents=True, exist_ok=True)
    for name, body in texts.items():
        _create(folder / name, body)
    return [folder / name for name in texts]


def text(name: str) -> str:
    """One of the template's files."""
    return files(__name__).joinpath(name).read_text(encoding="utf-8")


def demo_sources(sandbox: str) -> str:
    """sources.yaml with the vendors played by the sandbox at this address."""
    return text("demo_sources.yaml").replace(SANDBOX, sandbox)


def _env() -> str:
    return (
        "# Settings and secrets of this folder. Not for version control.\n"
        "# People are stored as hashes with this key: whoever loses it starts their history anew.\n"
        f"OKR_PERSON_KEY={secrets.token_urlsafe(32)}\n"
    )


def _create(path: Path, body: str) -> None:
    mode = 0o600 if path.name == ".env" else 0o644
    with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode), "w", encoding="utf-8") as file:
        file.write(body)
