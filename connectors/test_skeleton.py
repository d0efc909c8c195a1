"""The skeleton passes the table of faults as it is written, and the docs show exactly that."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from connectors import skeleton
from connectors.api import ConfigError

ROOT = Path(__file__).resolve().parents[1]


def test_what_the_docs_walk_through_is_what_is_written() -> None:
    text = (ROOT / "docs" / "write-a-connector.md").read_text()
    blocks = re.findall(r"^```(?:python|toml)\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert blocks[:3] == list(skeleton.rendered("helpline").values())
    assert blocks[0].count("\n") < 60


def test_it_passes_the_table_of_faults(tmp_path: Path) -> None:
    place = skeleton.write(tmp_path, "helpline")
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(place)]
    env = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{place}"}
    done = subprocess.run(words, cwd=place, env=env, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout
    assert " passed" in done.stdout


@pytest.mark.parametrize("name", ["Helpline", "help-line", "../x", "", "zendesk"])
def test_a_name_that_cannot_be_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError):
        skeleton.write(tmp_path, name)
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_written_over(tmp_path: Path) -> None:
    skeleton.write(tmp_path, "helpline")
    with pytest.raises(ConfigError, match="there already"):
        skeleton.write(tmp_path, "helpline")
