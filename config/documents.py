"""One YAML 1.2 file as plain values, with the line of every key.

The node tree is read here rather than by ruamel's own constructor: that stops at the first duplicate key, quotes the
values of both in its message, and builds dictionaries of types of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from config.problems import Problem

_TAG = "tag:yaml.org,2002:"
_MERGE = f"{_TAG}merge"


@dataclass(frozen=True)
class Place:
    """Where something stands: 1-based line, and the path as it is written."""

    line: int
    key: str


@dataclass(frozen=True)
class Document:
    """A file that could be parsed. `problems`: duplicate keys and the like, which do not stop the reading."""

    file: str
    node: Node
    data: Any
    problems: tuple[Problem, ...] = ()

    def place(self, path: tuple[Any, ...]) -> Place:
        """The deepest place that `path` leads to; steps that the file does not have are passed over."""
        step = _Step((), self.node, 1)
        for key in path:
            step = step.down(key) or step
        return Place(step.line, written(step.path))

    def beside(self, path: tuple[Any, ...]) -> tuple[Any, ...]:
        """The path, or where the file does not have it, its last key one step further out.

        In `{metric: x, increase: {...}}` the metric is beside the kind, and belongs into it all the same.
        """
        out = (*path[:-2], path[-1]) if len(path) > 1 else path
        return out if not self.has(path) and self.has(out) else path

    def has(self, path: tuple[Any, ...]) -> bool:
        """Whether the last step is one that the file has, below the place that the others lead to."""
        parent, key = self.at(path[:-1]), path[-1]
        if isinstance(parent, dict):
            return any(str(name) == str(key) for name in parent)
        return isinstance(parent, list) and isinstance(key, int) and key < len(parent)

    def at(self, path: tuple[Any, ...]) -> Any:
        """The value at the place that `path` leads to, steps that the file does not have being passed over."""
        value = self.data
        for key in path:
            if isinstance(value, dict):
                value = next((body for name, body in value.items() if str(name) == str(key)), value)
            elif isinstance(value, list) and isinstance(key, int) and key < len(value):
                value = value[key]
        return value

    def problem(self, path: tuple[Any, ...], message: str) -> Problem:
        """A problem at that place."""
        place = self.place(path)
        return Problem(self.file, place.line, place.key, message)


@dataclass(frozen=True)
class _Step:
    path: tuple[Any, ...]
    node: Node
    line: int

    def down(self, key: Any) -> _Step | None:
        if isinstance(self.node, SequenceNode) and isinstance(key, int) and key < len(self.node.value):
            item = self.node.value[key]
            return _Step((*self.path, key), item, item.start_mark.line + 1)
        if isinstance(self.node, MappingNode):
            for name, value in _entries(self.node):
                if str(_scalar(name)) == str(key):
                    return _Step((*self.path, key), value, name.start_mark.line + 1)
        return None


def written(path: tuple[Any, ...]) -> str:
    """`objectives[0].title` from ("objectives", 0, "title")."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else str(step)
    return text


def read(folder: Path, file: str) -> Document | Problem:
    """The file, or the one problem for which it cannot be read at all."""
    try:
        text = (folder / file).read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return Problem(file, None, "", f"there is no such file in {folder}; `okr init` writes one")
    except (OSError, UnicodeDecodeError) as error:
        return Problem(file, None, "", f"cannot be read ({type(error).__name__}); save it as UTF-8 text")
    if text.startswith("%"):
        return Problem(file, 1, "", "takes no directives: it is always YAML 1.2; take the lines that start with % out")
    return _parse(file, text)


def _parse(file: str, text: str) -> Document | Problem:
    reader = _Reader(file)
    try:
        node = YAML(typ="safe", pure=True).compose(text)
        data = reader.value(node, ()) if node is not None else None
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        return Problem(file, mark.line + 1 if mark else None, "", _syntax(error, text))
    except YAMLError:
        return Problem(file, None, "", "is not YAML: it holds control characters")
    except RecursionError:
        return Problem(file, None, "", "nests too deeply, or merges (<<) something into itself")
    if node is None:
        return Problem(file, 1, "", "is empty; `okr init` in an empty folder shows what belongs into it")
    return Document(file, node, data, tuple(reader.problems))


def _syntax(error: MarkedYAMLError, text: str) -> str:
    mark = error.problem_mark
    line = text.splitlines()[mark.line] if mark and mark.line < len(text.splitlines()) else ""
    if mark and "\t" in line[: mark.column + 1]:
        return "indented with a tab; YAML wants spaces"
    what = (error.problem or "cannot be parsed").removeprefix("but ")
    if "alias" in what:
        return f"is not YAML: {what}; an anchor (&name) must come before its alias (*name)"
    if "single document" in str(error.context) or "another document" in what:
        return "holds a second document; take the line --- out"
    return f"is not YAML: {what}; look at the quotes, brackets and indentation here and just above"


class _Reader:
    """Builds plain values from nodes, noting what is wrong on the way."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []
        self._open: set[int] = set()
        self._done: dict[int, Any] = {}

    def value(self, node: Node, path: tuple[Any, ...]) -> Any:
        if id(node) in self._done:
            return self._done[id(node)]
        if id(node) in self._open:
            self._note(node, path, "an alias inside its own anchor never ends; write it out")
            return None
        self._open.add(id(node))
        self._done[id(node)] = built = self._build(node, path)
        self._open.remove(id(node))
        return built

    def _build(self, node: Node, path: tuple[Any, ...]) -> Any:
        if str(node.tag) not in _PLAIN:
            self._note(node, path, f"the tag {node.tag} is not read here; write the plain value")
            return None
        if isinstance(node, MappingNode):
            return self._mapping(node, path)
        if isinstance(node, SequenceNode):
            return [self.value(item, (*path, index)) for index, item in enumerate(node.value)]
        self._unseen(node, path)
        return _scalar(node)

    def _mapping(self, node: MappingNode, path: tuple[Any, ...]) -> dict[Any, Any]:
        self._duplicates(node, path)
        built: dict[Any, Any] = {}
        for name, value in _entries(node):
            key = _scalar(name)
            self._unseen(name, path)
            if not isinstance(name, ScalarNode):
                self._note(name, path, "a key must be a single word or text, not a list or a mapping")
            elif key not in built:
                built[key] = self.value(value, (*path, key))
        return built

    def _duplicates(self, node: MappingNode, path: tuple[Any, ...]) -> None:
        lines: dict[Any, int] = {}
        for name, _ in node.value:
            key = _scalar(name)
            if key in lines:
                self._note(name, (*path, key), f"appears twice, first on line {lines[key]}; keep one of them")
            lines.setdefault(key, name.start_mark.line + 1)

    def _unseen(self, node: Node, path: tuple[Any, ...]) -> None:
        found = _UNSEEN.search(node.value) if isinstance(node, ScalarNode) else None
        if found:
            self._note(node, path, f"holds a character that nobody sees, U+{ord(found[0]):04X}; take it out")

    def _note(self, node: Node, path: tuple[Any, ...], message: str) -> None:
        self.problems.append(Problem(self.file, node.start_mark.line + 1, written(path), message))


def _entries(node: MappingNode) -> Iterator[tuple[Node, Node]]:
    """Own entries first, then those that merge keys (<<) bring, which never win over own ones."""
    merged: list[Node] = []
    for name, value in node.value:
        if name.tag == _MERGE:
            merged += value.value if isinstance(value, SequenceNode) else [value]
        else:
            yield name, value
    for each in merged:
        if isinstance(each, MappingNode) and each is not node:
            yield from _entries(each)


def _time(text: str) -> date | str:
    for parse in (date.fromisoformat, datetime.fromisoformat):
        try:
            return parse(text)
        except ValueError:
            continue
    return text  # 2026-13-45: left as text, so that the key's own message says what is wanted


def _whole(text: str) -> int:
    digits = text.replace("_", "")
    return int(digits, 0) if digits.lstrip("+-")[:2].lower() in ("0x", "0o", "0b") else int(digits)


def _number(text: str) -> float:
    return float(text.replace("_", "").lower().replace(".inf", "inf").replace(".nan", "nan"))


_SCALARS: dict[str, Any] = {
    f"{_TAG}null": lambda _text: None,
    f"{_TAG}bool": lambda text: text.lower() == "true",
    f"{_TAG}int": _whole,
    f"{_TAG}float": _number,
    f"{_TAG}timestamp": _time,
    f"{_TAG}str": str,
}


# Control characters, halves of characters, and what turns the direction of the text that follows: nothing can keep or
# show them as they are written. Only an escape ("\u202E") brings them in.
_UNSEEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_PLAIN = {*_SCALARS, f"{_TAG}map", f"{_TAG}seq"}


def _scalar(node: Node) -> Any:
    if not isinstance(node, ScalarNode):
        return id(node)
    try:
        return _SCALARS.get(str(node.tag), str)(node.value)
    except ValueError:  # an explicit tag that its text does not fit: !!int x
        return node.value
