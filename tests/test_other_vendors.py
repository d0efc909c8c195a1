"""The template's other vendors: each of its comments is a source as it stands, and nothing else has to change."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

from tests.place import Place

TEMPLATE = (files("config.template") / "sources.yaml").read_text(encoding="utf-8")
OTHERS = re.findall(r"^  # (\S+): (\{connector: (\w+),.*\})$", TEMPLATE, re.MULTILINE)
SECRETS = {"MASTODON_TOKEN": "m", "DISCOURSE_KEY": "d", "MARBLE_KEY": "k"}


def test_there_are_some() -> None:
    assert [vendor for _, _, vendor in OTHERS] == ["mastodon", "discourse", "marble"]


@pytest.mark.parametrize(("source", "line"), [(source, line) for source, line, _ in OTHERS])
def test_one_line_changes_the_vendor_and_no_metric(place: Place, source: str, line: str) -> None:
    block = re.compile(rf"^  {source}:.*\n(?:    .*\n)+", re.MULTILINE)
    changed, times = block.subn(f"  {source}: {line}\n", TEMPLATE)
    assert times == 1
    (place.folder / "okr" / "sources.yaml").write_text(changed, encoding="utf-8")
    checked = place.okr("check", **SECRETS)
    assert checked.returncode == 0, checked.stderr
    assert "7 sources" in checked.stdout
