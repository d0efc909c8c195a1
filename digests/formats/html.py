"""A digest as one HTML document that mail clients show as it is meant: tables, inlined styles, no script."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import css_inline
import jinja2

from digests import charts
from digests.signs import sign
from okr_model.digest import Block, Digest, Notes, Row, Section, Table

LARGEST = 90_000
"""Bytes. Gmail cuts a mail off at 102 kB."""
_BAR = 92
_ENOUGH = 6


class Segment(NamedTuple):
    """One cell of a progress bar: its width in pixels and what it shows."""

    width: int
    kind: str  # done, mark, rest


def render(digest: Digest, images: Mapping[str, str], stop: str | None = None) -> str:
    """The document, at most 90 kB: where it would be larger, the tail of long lists is left to the scorecard and CSV.

    `images` gives each key result's chart an address (`cid:…` in a mail); `stop` is a mail address to write to.
    """
    longest = max((_length(block) for block in digest.blocks), default=0)
    while True:
        page = _page(digest, longest, images, stop)
        size = len(page.encode())
        if size <= LARGEST or longest <= _ENOUGH:
            return page
        longest = min(longest - 1, longest * LARGEST // size)


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


def bar_words(row: Row) -> str:
    """The bar in words: `61 % of the way, planned 58 %`."""
    planned = "" if row.expected is None else f", planned {row.expected:.0%}".replace("%", " %")
    return f"{row.progress or 0:.0%} of the way".replace("%", " %") + planned


def _page(digest: Digest, longest: int, images: Mapping[str, str], stop: str | None) -> str:
    page = _environment().get_template("mail.html")
    link = safe_link(digest.scorecard_link)
    told = {line.key_result for block in digest.blocks if isinstance(block, Section) for line in block.lines}
    written = page.render(digest=digest, images=images, stop=stop, told=told, longest=longest, link=link)
    return _inliner().inline(written)


def _weeks(digest: Digest) -> str:
    tables = [block for block in digest.blocks if isinstance(block, Table)]
    days = max((len(row.spark.days) for block in tables for row in block.rows if row.spark), default=0)
    return f"{round(days / 7)} weeks" if days > 10 else "Course"


def safe_link(link: str | None) -> str | None:
    """The link where it is one to a web page, else None: a mail carries no other kind."""
    return link if link is not None and link.startswith(("https://", "http://")) else None


def _length(block: Block) -> int:
    return len(block.rows if isinstance(block, Table) else block.notes if isinstance(block, Notes) else block.lines)


@lru_cache(maxsize=1)
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(sign=sign, segments=segments, bar_words=bar_words, weeks=_weeks, chart=charts)
    environment.filters["solid"] = lambda text: text.replace(" ", "\u00a0")
    environment.filters["joined"] = lambda text: text.replace("n = ", "n\u00a0=\u00a0")
    environment.tests["table"] = lambda block: isinstance(block, Table)
    environment.tests["notes"] = lambda block: isinstance(block, Notes)
    return environment


@lru_cache(maxsize=1)
def _inliner() -> css_inline.CSSInliner:
    return css_inline.CSSInliner(keep_style_tags=False, keep_at_rules=True, load_remote_stylesheets=False)
