"""YAML 1.2 as an ops team writes it, and its traps."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from config.documents import Document, Place, read
from config.problems import Problem


def _read(folder: Path, text: str) -> Document:
    (folder / "a.yaml").write_text(text, encoding="utf-8")
    found = read(folder, "a.yaml")
    assert isinstance(found, Document)
    return found


def _refused(folder: Path, text: str) -> str:
    (folder / "a.yaml").write_text(text, encoding="utf-8")
    found = read(folder, "a.yaml")
    assert isinstance(found, Problem)
    return str(found)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("10:00", "10:00"),
        ("yes", "yes"),
        ("off", "off"),
        ("true", True),
        ("012", 12),
        ("0o14", 12),
        ("0x1F", 31),
        ("1_000", 1000),
        ("79.96", 79.96),
        ("1e3", 1000.0),
        ("-30%", "-30%"),
        ("2026-Q4", "2026-Q4"),
        ("2026-10-01", date(2026, 10, 1)),
        ("2026-13-45", "2026-13-45"),
        ("2026-10-01T08:00:00Z", datetime(2026, 10, 1, 8, tzinfo=UTC)),
        ("~", None),
        ("", None),
        ("'5'", "5"),
        ("!!int x", "x"),
    ],
)
def test_scalars(tmp_path: Path, written: str, value: Any) -> None:
    found = _read(tmp_path, f"key: {written}\n").data["key"]
    assert found == value
    assert type(found) is type(value)


def test_the_key_on_stays_a_word(tmp_path: Path) -> None:
    assert _read(tmp_path, "on: decided_at\n").data == {"on": "decided_at"}


def test_anchors_and_merge_keys(tmp_path: Path) -> None:
    document = _read(tmp_path, "base: &base {unit: percent, min: 1}\nmore:\n  <<: *base\n  min: 2\nsame: *base\n")
    assert document.data["more"] == {"min": 2, "unit": "percent"}
    assert document.data["same"] == {"unit": "percent", "min": 1}
    assert document.place(("more", "unit")) == Place(1, "more.unit")
    assert document.place(("more", "min")) == Place(4, "more.min")
    assert document.problems == ()


def test_places_pass_over_steps_that_the_file_does_not_have(tmp_path: Path) -> None:
    document = _read(tmp_path, "all:\n  - {milestone: live}\n  - metric: x\n    maintain:\n      every: week\n")
    assert document.place(("all", "parts", 1, "maintain", "every")) == Place(5, "all[1].maintain.every")
    assert document.place(("all", 1, "maintain", "allow")) == Place(4, "all[1].maintain")
    assert document.beside(("all", 1, "maintain", "metric")) == ("all", 1, "metric")


def test_every_duplicate_key_is_told_without_its_value(tmp_path: Path) -> None:
    found = _read(tmp_path, "a: s3cret\nb: 1\na: other\nb: 2\n").problems
    assert [str(problem) for problem in found] == [
        "a.yaml:3: a: appears twice, first on line 1; keep one of them",
        "a.yaml:4: b: appears twice, first on line 2; keep one of them",
    ]


@pytest.mark.parametrize("code", ["\\0", "\\e", "\\u202E", "\\u2066", "\\uD800", "\\x9b"])
def test_characters_that_nobody_sees_are_refused_where_they_stand(tmp_path: Path, code: str) -> None:
    found = _read(tmp_path, f'a:\n  title: "Fa{code}ster"\n  "k{code}": 1\n').problems
    assert [(problem.line, problem.key) for problem in found] == [(2, "a.title"), (3, "a")]
    assert "holds a character that nobody sees, U+" in str(found[0])


def test_letters_of_every_script_and_lines_of_sql_are_fine(tmp_path: Path) -> None:
    assert _read(tmp_path, 'a: "مرحبا 审核 👨\u200d👩 é"\nb: |\n  select 1\n  \tfrom x\n').problems == ()


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("a:\n\tb: 1\n", 2, "indented with a tab"),
        ("a: [1\nb: 2\n", 2, "is not YAML"),
        ("a: 'x\n", 2, "is not YAML"),
        ("a: b: c\n", 1, "mapping values are not allowed here"),
        ("a: *b\n", 1, "must come before its alias"),
        ("a: 1\n---\nb: 2\n", 2, "holds a second document"),
        ("%YAML 1.1\n---\non: 1\n", 1, "takes no directives"),
        ("", 1, "is empty"),
        ("# nothing\n", 1, "is empty"),
    ],
)
def test_what_is_no_yaml_has_its_line(tmp_path: Path, text: str, line: int, message: str) -> None:
    found = _refused(tmp_path, text)
    assert found.startswith(f"a.yaml:{line}: ")
    assert message in found


@pytest.mark.parametrize("text", ["a: \x07\n", "[" * 1500, "a: &a {<<: {<<: *a}}\n"])
def test_what_would_crash_a_reader_is_one_sentence(tmp_path: Path, text: str) -> None:
    assert _refused(tmp_path, text).startswith("a.yaml: ")


@pytest.mark.parametrize(
    "text", ["a: !foo 1\n", "a: !!python/object:os.system {b: 1}\n", "a: &x [*x]\n", "? [a, b]\n: 1\n"]
)
def test_what_is_not_taken_is_noted_and_reading_goes_on(tmp_path: Path, text: str) -> None:
    document = _read(tmp_path, text + "rest: 1\n")
    assert document.data["rest"] == 1
    assert [problem.line for problem in document.problems] == [1]


def test_a_file_that_is_not_utf8(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(b"a: \xff\xfe\n")
    assert "save it as UTF-8" in str(read(tmp_path, "a.yaml"))
