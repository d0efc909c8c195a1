"""The tables of a digest as CSV, safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import io

from okr_model.digest import Digest, Figures, Row, Table

NAME = "key-results.csv"
_TEXTS = ("objective", "key_result", "title", "owner", "status", "reason", "forecast", "actual", "target", "data")
_SHARES = ("progress", "expected")
_FIGURES = Figures.__struct_fields__
_COLUMNS = (*_TEXTS, *_SHARES, *(f"{name}_value" if name in _TEXTS else name for name in _FIGURES))
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def render(digest: Digest) -> bytes:
    """UTF-8 with a byte order mark (Excel reads it as Latin-1 otherwise), one line per key result."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(_COLUMNS)
    for block in digest.blocks:
        if isinstance(block, Table):
            writer.writerows(_cells(block.objective, row) for row in block.rows)
    return out.getvalue().encode("utf-8-sig")


def _cells(objective: str, row: Row) -> list[str]:
    texts = (objective, row.key_result, row.title, row.who, row.status, row.reason, row.forecast)
    shares = ("" if share is None else f"{share:.3f}" for share in (row.progress, row.expected))
    shown = [_defused(text) for text in (*texts, row.actual, row.target, row.data)]
    return [*shown, *shares, *(_figure(row.figures, name) for name in _FIGURES)]


def _figure(figures: Figures | None, name: str) -> str:
    """A bare number or day, which a spreadsheet reckons with: 19.6, -3, 2026-11-22."""
    value = None if figures is None else getattr(figures, name)
    if isinstance(value, str):
        return _defused(value)
    return "" if value is None else str(value)


def _defused(text: str) -> str:
    # A cell that opens like a formula would be run by Excel, Sheets and LibreOffice.
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text
