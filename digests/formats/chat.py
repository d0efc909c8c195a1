"""A digest in the few words that a chat has room for: what Slack and Teams show, before either's own wire format.

Every text stays a run of plain characters. Both vendors have a form that shows runs as they are (Slack's rich text,
Teams' RichTextBlock), so that a title such as `<!channel>` or `[x](https://…)` is read, and never acted upon.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from digests.signs import sign
from okr_model import digest_labels as labels
from okr_model.digest import Block, Digest, Line, Note, Notes, Row, Section, Table
from okr_model.digest_rows import way_words


class Run(NamedTuple):
    """Characters that look alike. `tone` is a sign's, and never the only mark."""

    text: str
    bold: bool = False
    tone: str | None = None


Item = tuple[tuple[Run, ...], ...]
"""One thing told, line by line."""


@dataclass(frozen=True)
class Part:
    """A headed list."""

    heading: str
    items: tuple[Item, ...]
    summary: str = ""


def parts(digest: Digest) -> list[Part]:
    """The digest's blocks, most urgent first: sections, then objectives, then check-ins."""
    ranked = sorted(digest.blocks, key=lambda block: (isinstance(block, Notes), isinstance(block, Table)))
    return [_part(block) for block in ranked]


def fitting(found: Sequence[Part], weigh: Callable[[Part], int], room: int, most: int) -> tuple[list[Part], int]:
    """As many of the first parts and items as weigh no more than `room`, `most` parts; and how many items are left."""
    kept: list[Part] = []
    for part in found[:most]:
        shown = part
        while shown.items and weigh(shown) > room:
            shown = replace(shown, items=shown.items[:-1])
        if (not shown.items and weigh(shown) > room) or (part.items and not shown.items):
            break
        kept.append(shown)
        room -= weigh(shown)
        if shown != part:
            break
    return kept, sum(len(part.items) for part in found) - sum(len(part.items) for part in kept)


def one_line(text: str, most: int) -> str:
    """The text on one line, cut with an ellipsis where it is longer."""
    flat = " ".join(text.split())
    return flat if len(flat) <= most else f"{flat[: most - 1].rstrip()}…"


def _part(block: Block) -> Part:
    if isinstance(block, Section):
        items = [_line(line) for line in block.lines] or [_plain(block.empty)]
        return Part(block.heading, tuple(items))
    if isinstance(block, Table):
        return Part(block.objective, tuple(_row(row) for row in block.rows), block.summary)
    return Part(block.heading, tuple(_notes(block)))


def _line(line: Line) -> Item:
    mark = sign(line.status)
    was = f" ({labels.was(line.was)})" if line.was else ""
    whose = f" ({_flat(line.who)})" if line.who else ""
    told = Run(f"{was}: {_flat(line.title)}{whose}")
    first = (Run(f"{mark.shape} "), Run(line.status, bold=True, tone=mark.tone), told)
    return (first, *_plain(line.why))


def _row(row: Row) -> Item:
    mark = sign(row.status)
    first = (Run(f"{mark.shape} "), Run(_flat(row.title), bold=True))
    value = f"{labels.with_target(row.actual, row.target)} · "
    way = f" · {way}" if (way := way_words(row)) else ""
    return (first, (Run(value), Run(row.status, tone=mark.tone), Run(way)))


def _notes(block: Notes) -> Iterator[Item]:
    for note in block.notes:
        yield _note(note)
    if block.due or not block.notes:
        yield _plain(block.due or labels.NO_CHECK_INS)


def _note(note: Note) -> Item:
    said: Iterable[tuple[Run, ...]] = (_plain(f"{word}: {text}")[0] for word, text in note.texts)
    return ((Run(_flat(note.who), bold=True), Run(f", {note.when}")), *said)


def _plain(text: str) -> Item:
    return ((Run(_flat(text)),),) if text.strip() else ()


def _flat(text: str) -> str:
    return " ".join(text.split())
