"""The tables of a digest as CSV, safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import io

from okr_model.digest import Digest, Row, Table

_COLUMNS = ("objective", "key_result", "title", "status", "reason", "actual", "target", "progress", "expected", "data")
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
    texts = (objective, row.key_result, row.title, row.status, row.reason, row.actual, row.target)
    shares = ("" if share is None else f"{share:.3f}" for share in (row.progress, row.expected))
    return [_defused(text) for text in (*texts, *shares, row.data)]


def _defused(text: str) -> str:
    # A cell that opens like a formula would be run by Excel, Sheets and LibreOffice.
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text
