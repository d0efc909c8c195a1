"""A digest as one HTML document that mail clients show as it is meant: tables, inlined styles, no script."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import css_inline
import jinja2

from digests import charts
from digests.formats import table_csv
from digests.signs import sign
from okr_model import digest_labels as labels
from okr_model.digest import Block, Digest, Notes, Section, Table
from okr_model.digest_rows import way_words
from okr_model.site_map import key_result_page, page_link

LARGEST = 90_000
"""Bytes. Gmail cuts a mail off at 102 kB."""
_BAR = 92
_TIES = re.compile(r"(?<=\d) (?=(?:%|h|d|min|s|[A-Z][a-z]{2})(?![a-z]))|(?<=\bn) (?==)|(?<=\bn =) ")
"""Spaces that no line is to be broken at: before a unit or a month, and in `n = 30`."""
_ENOUGH_LINES, _ENOUGH_ROWS = 6, 12
_LEAST_ROW = 550
"""Bytes that a row of a table takes without a word in it: more rows than this leaves room for need not be tried."""
_ROW, _END, _MORE = re.compile(rb'<tr class="r"'), b"\n</tbody>", 250
"""How a row begins and the last one ends in mail.html, where the tables around have no newline; and the bytes that it
takes to say that rows are left out."""


class Segment(NamedTuple):
    """One cell of a progress bar: its width in pixels and what it shows."""

    width: int
    kind: str  # done, mark, rest


class Shown(NamedTuple):
    """A block, those of its items that there is room for, and how many are left out."""

    block: Block
    items: Sequence[Any]
    left: int


def render(digest: Digest, images: Mapping[str, str], stop: str | None = None) -> str:
    """The document, at most 90 kB: where it would be larger, the tail of long lists is left to the scorecard and CSV.

    `images` gives each key result's chart an address (`cid:…` in a mail); `stop` is a mail address to write to.
    """
    lines = max((len(_items(block)) for block in digest.blocks if not isinstance(block, Table)), default=0)
    rows = min(sum(len(block.rows) for block in digest.blocks if isinstance(block, Table)), LARGEST // _LEAST_ROW)
    while True:
        page = _page(digest, lines, rows, images, stop)
        written = page.encode()
        if len(written) <= LARGEST or (rows == 0 and lines <= 1):
            return page
        lines, rows = _fewer(lines, rows, written)


def _fewer(lines: int, rows: int, page: bytes) -> tuple[int, int]:
    """The tables first, which the CSV has whole, then the lists; the last few of each only where texts are huge."""
    for least_rows, least_lines in ((_ENOUGH_ROWS, _ENOUGH_LINES), (0, 1)):
        if rows > least_rows:
            return lines, max(least_rows, min(rows - 1, _room(page)))
        if lines > least_lines:
            return max(least_lines, min(lines - 1, lines * LARGEST // len(page))), rows
    return 1, 0


def _room(page: bytes) -> int:
    """How many rows of a page that is too large there would be room for, by the bytes from each to the last one's end.

    Rows differ in length, and what surrounds the tables may be half of a page: a share of it would miss by some rows.
    """
    begins = [row.start() for row in _ROW.finditer(page)]
    excess = len(page) + _MORE - LARGEST
    return max(0, bisect_right(begins, page.rindex(_END) - excess) - 1)


def _fitted(digest: Digest, lines: int, rows: int) -> Iterator[Shown]:
    """Each list up to `lines` items, and of all tables together the first `rows`."""
    for block in digest.blocks:
        items = _items(block)
        room = rows if isinstance(block, Table) else lines
        rows -= min(room, len(items)) if isinstance(block, Table) else 0
        yield Shown(block, items[:room], max(len(items) - room, 0))


def segments(progress: float, expected: float | None) -> list[Segment]:
    """A bar of 92 pixels, filled up to `progress`, with a mark where the plan would be. Both within 0..1."""
    done = round(_BAR * progress)
    if expected is None:
        cells = [Segment(done, "done"), Segment(_BAR - done, "rest")]
    else:
        mark = min(round(_BAR * expected), _BAR - 2)
        before, after = min(done, mark), max(done - mark - 2, 0)
        cells = [Segment(before, "done"), Segment(mark - before, "rest"), Segment(2, "mark")]
        cells += [Segment(after, "done"), Segment(_BAR - mark - 2 - after, "rest")]
    return [cell for cell in cells if cell.width > 0]


def _page(digest: Digest, lines: int, rows: int, images: Mapping[str, str], stop: str | None) -> str:
    page = _environment().get_template("mail.html")
    link = safe_link(digest.scorecard_link)
    told = {line.key_result for block in digest.blocks if isinstance(block, Section) for line in block.lines}
    blocks = list(_fitted(digest, lines, rows))
    left = sum(shown.left for shown in blocks if isinstance(shown.block, Table))
    pages = {} if link is None else {name: page_link(link, key_result_page(name)) for name in told if name is not None}
    last = max((place for place, shown in enumerate(blocks) if isinstance(shown.block, Table)), default=None)
    shared = {"images": images, "stop": stop, "told": told, "link": link, "pages": pages}
    return _inliner().inline(page.render(digest=digest, blocks=blocks, left=left, last_table=last, **shared))


def _weeks(digest: Digest) -> str:
    tables = [block for block in digest.blocks if isinstance(block, Table)]
    days = max((len(row.spark.days) for block in tables for row in block.rows if row.spark), default=0)
    return labels.course(days)


def safe_link(link: str | None) -> str | None:
    """The link where it is one to a web page, else None: a mail carries no other kind."""
    return link if link is not None and link.startswith(("https://", "http://")) else None


def _items(block: Block) -> Sequence[Any]:
    return block.rows if isinstance(block, Table) else block.notes if isinstance(block, Notes) else block.lines


@lru_cache(maxsize=1)
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(weeks=_weeks, chart=charts, labels=labels, table_name=table_csv.NAME)
    environment.filters.update(sign=sign, segments=segments, way_words=way_words)  # cheaper to call than a global
    environment.filters["solid"] = lambda text: text.replace(" ", "\u00a0")
    environment.filters["tied"] = lambda text: _TIES.sub("\u00a0", text)
    environment.tests["table"] = lambda block: isinstance(block, Table)
    environment.tests["notes"] = lambda block: isinstance(block, Notes)
    return environment


@lru_cache(maxsize=1)
def _inliner() -> css_inline.CSSInliner:
    return css_inline.CSSInliner(keep_style_tags=False, keep_at_rules=True, load_remote_stylesheets=False)
