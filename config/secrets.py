"""Secrets are named in the files, and kept outside of them: environment, `.env`, or a folder with one file for each."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import MappingProxyType

from dotenv import dotenv_values

from config.settings import Settings

Resolver = Callable[[str], str | None]
"""A secret's value by its name, None where it is not set. An empty value counts as not set."""

NAME = re.compile(r"^[A-Za-z_][A-Za-z0-9_]*$")
"""What a secret's name looks like. Anything else could lead out of the secrets' folder."""


def resolver(settings: Settings) -> Resolver:
    """Looks in the environment, then in the `.env` files, then in OKR_SECRETS_DIR."""
    written = variables(settings.env_files)

    def resolve(name: str) -> str | None:
        if NAME.match(name) is None:
            return None
        return os.environ.get(name) or written.get(name) or _from_folder(settings.secrets_dir, name)

    return resolve


def variables(files: Iterable[Path]) -> Mapping[str, str]:
    """What the `.env` files say, the first that names a variable winning; a file that is not there says nothing."""
    found: dict[str, str] = {}
    for file in files:
        for name, value in dotenv_values(file, interpolate=False).items():
            if value:
                found.setdefault(name, value)
    return MappingProxyType(found)


def _from_folder(folder: Path | None, name: str) -> str | None:
    try:
        return (folder / name).read_text(encoding="utf-8").strip() or None if folder is not None else None
    except (OSError, UnicodeDecodeError):
        return None
