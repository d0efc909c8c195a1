"""No format has words of its own, so that whoever translates a digest finds them all in okr_model."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import jinja2
import pytest

FORMATS = Path(__file__).parent / "formats"
_SAID = re.compile(r"[^\W\d_]{2,}[^\S\n]|[^\S\n][^\W\d_]{2,}")
"""A word beside a space. Keys, names and classes have none."""


def in_template(source: str) -> Iterator[str]:
    """Texts between tags, and those that the template's own expressions make."""
    tokens = list(jinja2.Environment(autoescape=True).lex(source))
    data = "".join(text if kind == "data" else "\x00" for _, kind, text in tokens)
    shown = re.sub(r"<style>.*?</style>|<[^>]*>|&#\d+;", "", data, flags=re.DOTALL)
    yield from re.findall(r"[^\W\d_]{2,}[^\x00\n]*", shown)
    yield from re.findall(r'(?:alt|aria-label|lang|title|subject)="?[^\W\d_][^"\x00]*', data)
    yield from (text for _, kind, text in tokens if kind == "string" and _SAID.search(text))


def in_code(source: str) -> Iterator[str]:
    """Strings with words in them, but for documentation and regular expressions."""
    tree = ast.parse(source)
    alone = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    nodes = (node for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in alone)
    texts = (node.value for node in nodes if isinstance(node.value, str))
    yield from (text for text in texts if _SAID.search(text) and "\\" not in text)


@pytest.mark.parametrize("path", [*FORMATS.glob("*.html"), *FORMATS.glob("*.py")], ids=lambda path: path.name)
def test_a_format_has_no_words_of_its_own(path: Path) -> None:
    words_in = in_template if path.suffix == ".html" else in_code
    assert list(words_in(path.read_text())) == []


@pytest.mark.parametrize(
    "source",
    [
        "<p>Nobody has {{ x }}</p>",
        "<b>{{ x }}</b> Stale",
        '<html lang="en">',
        '<img alt="a chart of {{ x }}">',
        "{{ 'the scorecard and in ' if link }}",
    ],
)
def test_words_in_a_template_are_found(source: str) -> None:
    assert list(in_template(source))


@pytest.mark.parametrize(
    "source", ["shown(f' (was {line.was})')", "title = 'Open the scorecard'", "x = f'{a}, target {b}'"]
)
def test_words_in_code_are_found(source: str) -> None:
    assert list(in_code(source))
