"""What people write in the files is shown as they wrote it, whatever a terminal's library takes it for."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

FILES = {
    "sources.yaml": """\
sources:
  "[/desk]": {connector: table, path: answers.csv, facts: {feedback: {id: id, received_at: at}}}
""",
    "metrics.yaml": """\
metrics:
  answers:
    {unit: "[/h]", better: higher, fact: feedback, measure: count, on: received_at, window: cycle_to_date}
""",
    "okrs.yaml": """\
cycle: {id: 2026-Q4, start: 2026-10-01, end: 2027-01-01, timezone: UTC}
objectives:
  - id: listen
    title: "Listen [/b] [red] :smile:"
    key_results: [{id: answers, title: "Answers [/i]", metric: answers, target: {increase: {from: 0, to: 10}}}]
""",
    "audiences.yaml": """\
audiences: {}
""",
    "answers.csv": "id,at\n1,2026-10-02T00:00:00Z\n",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("letters")
    (made / "okr").mkdir()
    for name, text in FILES.items():
        (made / "okr" / name).write_text(text)
    assert "1 [/h]" in okr(made, "sync")
    return made


def okr(folder: Path, *words: str) -> str:
    surroundings = {name: value for name, value in os.environ.items() if not name.startswith("OKR_")}
    surroundings |= {"OKR_PERSON_KEY": "k", "OKR_NOW": "2026-10-20T08:00:00Z"}
    program = [sys.executable, "-m", "cli", *words]
    root = str(Path(__file__).parents[1])
    done = subprocess.run(program, cwd=folder, env=surroundings | {"PYTHONPATH": root}, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        (("status",), "Listen [/b] [red] :smile:"),
        (("sources", "list"), "[/desk]"),
        (("history", "answers"), "Answers [/i]"),
        (("explain", "answers"), "[/desk]: feedback complete"),
    ],
)
def test_brackets_are_no_markup(folder: Path, words: tuple[str, ...], shown: str) -> None:
    assert shown in okr(folder, *words)
