"""The start of a connector in a package of its own: it runs, and passes the table of faults, as it is written."""

from __future__ import annotations

import re
from pathlib import Path

from connectors.api import ConfigError
from connectors.registry import CONNECTORS

_FILES = {"connector.txt": "okrsync_{}.py", "test.txt": "test_okrsync_{}.py", "pyproject.txt": "pyproject.toml"}


def rendered(name: str) -> dict[str, str]:
    """File name -> text. Raises ConfigError for a name that cannot be a connector's, or that one has already."""
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise ConfigError(f"{name!r} is no connector's name: small letters, digits and _, a letter first")
    if name in CONNECTORS.names():
        raise ConfigError(f"there is a connector {name!r} already: choose another name")
    title = "".join(part.capitalize() for part in name.split("_"))
    here = Path(__file__).parent
    return {
        file.format(name): (here / template).read_text().replace("@name@", name).replace("@Name@", title)
        for template, file in _FILES.items()
    }


def write(folder: Path, name: str) -> Path:
    """Writes the files into a new folder `okrsync-NAME` within `folder`. Raises ConfigError where that is there."""
    files = rendered(name)
    place = folder / f"okrsync-{name}"
    try:
        place.mkdir(parents=True)
    except FileExistsError:
        raise ConfigError(f"{place} is there already: move it away, or choose another name") from None
    for file, text in files.items():
        (place / file).write_text(text)
    return place
