"""Digest blocks: what one audience is told, before any format. Texts are plain; formats escape them."""

from __future__ import annotations

from datetime import date
from typing import TypeAlias

from okr_model.exchange import Value


class Line(Value, frozen=True):
    """One item: a status word (or a word like Restated), what it was, whose it is, and why."""

    status: str
    title: str
    why: str
    was: str | None = None
    key_result: str | None = None
    who: str = ""  # whose it is: "Ana"


class Section(Value, frozen=True):
    """A headed list of lines: what changed, what needs attention, what is not known."""

    heading: str
    lines: tuple[Line, ...] = ()
    empty: str = ""  # the one line shown where there is none


class Spark(Value, frozen=True):
    """A key result's recent course. Null is a day without a value: a gap, never a zero."""

    days: tuple[date, ...]
    values: tuple[float | None, ...]
    target: float | None
    sentence: str  # the chart in words: alt text
    counts: tuple[int | None, ...] = ()  # beside each value, the smallest count that it gives away
    planned: tuple[float | None, ...] = ()  # the pace line on the same days
    unit: str = ""


class Figures(Value, frozen=True):
    """A key result's bare numbers, for a spreadsheet: in its unit, null where there is none."""

    unit: str
    actual: float | None = None
    start: float | None = None
    target: float | None = None
    planned: float | None = None
    forecast_low: float | None = None
    forecast_high: float | None = None
    first: date | None = None  # the days that the actual speaks of
    last: date | None = None
    n: int | None = None


class Row(Value, frozen=True):
    """One key result in the table."""

    key_result: str
    title: str
    data: str  # "16 to 22 Nov, n = 8,211"
    actual: str  # "19.6 h", or a dash where not known
    target: str  # "12 h"
    status: str
    reason: str
    who: str = ""
    forecast: str = ""  # "heads for 17 to 19 h by the end of the cycle"
    progress: float | None = None  # clamped to 0..1
    expected: float | None = None
    figures: Figures | None = None  # null where they are not to be told
    spark: Spark | None = None


class Table(Value, frozen=True):
    """One objective and its key results."""

    objective: str
    summary: str  # "61% of the way, worst: Off Track"
    rows: tuple[Row, ...] = ()


class Note(Value, frozen=True):
    """One check-in, or a check-in that is due."""

    key_result: str
    title: str
    who: str
    when: str
    texts: tuple[tuple[str, str], ...] = ()  # ("Challenge", "two reviewers left")


class Notes(Value, frozen=True):
    """From the check-ins, and who owes one."""

    heading: str
    notes: tuple[Note, ...] = ()
    due: str = ""


Block: TypeAlias = Section | Table | Notes


class Digest(Value, frozen=True):
    """One audience's digest. `rows` for the CSV are those of the tables."""

    audience: str
    period: str
    as_of: date
    subject: str
    eyebrow: str  # "Trust & Safety OKRs, Q4 2026 · week 47 · numbers to Sunday 22 November, Berlin time"
    headline: str  # "One key result slipped, one is done. One number is not known."
    lede: str
    blocks: tuple[Block, ...]
    footer: tuple[str, ...] = ()
    scorecard_link: str | None = None
