"""A digest as plain text: whole in itself, for readers and clients that show no HTML."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from digests.signs import sign
from okr_model import digest_labels as labels
from okr_model.digest import Block, Digest, Line, Note, Notes, Row, Section
from okr_model.digest_rows import gone_words

_WIDTH = 76


def render(digest: Digest) -> str:
    """Lines of at most 76 characters, ended by a newline."""
    lines = [*_wrap(digest.eyebrow), "", *_wrap(digest.headline), *_wrap(digest.lede)]
    for block in digest.blocks:
        lines += ["", *_block(block)]
    lines += ["", "--"]
    lines += [f"{labels.SCORECARD_AT} {digest.scorecard_link}"] if digest.scorecard_link else []
    for text in digest.footer:
        lines += _wrap(text)
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _block(block: Block) -> Iterator[str]:
    if isinstance(block, Section):
        yield from _heading(block.heading)
        for line in block.lines:
            yield from _line(line)
        if not block.lines:
            yield from _wrap(block.empty)
    elif isinstance(block, Notes):
        yield from _heading(block.heading)
        for note in block.notes:
            yield from _note(note)
        yield from _wrap(block.due or ("" if block.notes else labels.NO_CHECK_INS))
    else:
        yield from _heading(block.objective)
        yield from _wrap(block.summary)
        for row in block.rows:
            yield from _row(row)


def _heading(text: str) -> Iterator[str]:
    one = " ".join(text.split())
    yield one
    yield "-" * min(len(one), _WIDTH)


def _line(line: Line) -> Iterator[str]:
    was = f" ({labels.was(line.was)})" if line.was else ""
    whose = f" ({line.who})" if line.who else ""
    yield from _wrap(f"{sign(line.status).shape} {line.status}{was}: {line.title}{whose}")
    yield from _wrap(line.why, "  ")


def _row(row: Row) -> Iterator[str]:
    yield from _wrap(f"{sign(row.status).shape} {row.status}: {row.title}")
    data = f" ({row.data})" if row.data else ""
    yield from _wrap(labels.with_target(f"{row.actual}{data}", row.target), "  ")
    way = f"{gone_words(row)}." if row.progress is not None else ""
    yield from _wrap(" ".join(text for text in (way, row.reason, row.forecast) if text), "  ")
    if row.spark is not None:
        yield from _wrap(f"{row.spark.sentence}.", "  ")


def _note(note: Note) -> Iterator[str]:
    yield from _wrap(f"{note.who}, {note.when}")
    for word, text in note.texts:
        yield from _wrap(f"{word}: {text}", "  ")


def _wrap(text: str, indent: str = "") -> list[str]:
    if len(indent) + len(text) <= _WIDTH and text.isprintable() and not text.isspace():
        return [f"{indent}{text}"] if text else []  # most texts fit, and textwrap takes long to find that out
    return textwrap.wrap(
        text, _WIDTH, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False, break_long_words=False
    )
