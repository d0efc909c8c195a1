"""What the ledger holds as one table in a file, for spreadsheets and notebooks. The only step that imports pandas."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from ledger import checkins, readings, scorecards
from okr_model.beliefs import with_ends
from steps.wiring import Workspace

if TYPE_CHECKING:
    import pandas as pd

Kind: TypeAlias = Literal["key-results", "readings", "check-ins"]
Cells: TypeAlias = dict[str, Any]
ENDINGS = (".csv", ".xlsx", ".parquet")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


class UnknownFileKind(Exception):
    """The file's ending says no format that can be written."""


def export(workspace: Workspace, kind: Kind, out: Path) -> int:
    """Writes one table in the format that the file's ending names. Returns its rows. Raises UnknownFileKind."""
    if out.suffix.lower() not in ENDINGS:
        raise UnknownFileKind(f"{out.name} names no format: end the file in {', '.join(ENDINGS)}")
    frame = table(workspace, kind)
    _WRITERS[out.suffix.lower()](frame, out)
    return len(frame)


def as_csv(workspace: Workspace, kind: Kind) -> str:
    """The table as CSV text."""
    return _defused(table(workspace, kind)).to_csv(index=False)


def table(workspace: Workspace, kind: Kind) -> pd.DataFrame:
    """Days are ISO dates, instants ISO in UTC, percentages 0 to 100; an empty cell is not known, never a zero."""
    import pandas as pd  # noqa: PLC0415 -- 0.6 s that no other step pays

    columns, rows = _TABLES[kind]
    frame = pd.DataFrame(list(rows(workspace)), columns=list(columns))
    return frame.astype({name: kind for name, kind in columns.items() if kind != "object"})


def _key_results(workspace: Workspace) -> Iterator[Cells]:
    """Every key result on every day of the cycle."""
    cycle = workspace.config.plan.cycle.id
    for scorecard in scorecards.scorecards(workspace.engine, cycle):
        for card in scorecard.cards():
            reading = card.reading
            yield {
                "cycle": cycle,
                "as_of": scorecard.as_of.isoformat(),
                "objective": card.objective,
                "key_result": card.id,
                "title": card.title,
                "owner": card.owner,
                "status": card.status,
                "computed": card.computed or card.status,
                "reason": card.reason,
                "actual": card.actual,
                "unit": card.unit,
                "target": card.target_text,
                "progress": card.progress,
                "expected": card.expected,
                "n": None if reading is None else reading.n,
                "value_as_of": None if card.as_of is None else card.as_of.isoformat(),
            }


def _readings(workspace: Workspace) -> Iterator[Cells]:
    """Every belief since the cycle's start, the restated ones too."""
    for belief in with_ends(readings.history(workspace.engine, first=workspace.config.plan.cycle.start)):
        reading = belief.reading
        yield {
            "metric": reading.metric,
            "period": reading.period,
            "as_of": reading.as_of.isoformat(),
            "recorded_at": _instant(reading.recorded_at),
            "restated_at": _instant(belief.restated_at),
            "state": reading.state,
            "reason": reading.reason,
            "value": reading.value,
            "numerator": reading.numerator,
            "denominator": reading.denominator,
            "n": reading.n,
            "window_start": _instant(reading.window.start),
            "window_end": _instant(reading.window.end),
            "open": reading.open,
            "oldest_open": _instant(reading.oldest_open),
            "dropped": reading.dropped,
            "pending": reading.pending,
            "definition": reading.definition,
            "sources": ", ".join(reading.sources),
            "run_id": reading.run_id,
        }


def _check_ins(workspace: Workspace) -> Iterator[Cells]:
    """Every check-in since the cycle's start."""
    for said in checkins.check_ins(workspace.engine, first=workspace.config.plan.cycle.start):
        yield {
            "key_result": said.key_result,
            "as_of": said.as_of.isoformat(),
            "recorded_at": _instant(said.recorded_at),
            "by": said.by,
            "note": said.note,
            "challenge": said.challenge,
            "insight": said.insight,
            "confidence": said.confidence,
            "value": None if said.value is None else float(said.value),
            "milestone": said.milestone,
            "override": said.override,
            "period": said.period,
            "settled": said.settled,
        }


_TEXT, _NUMBER, _COUNT = "object", "float64", "Int64"
_TABLES: dict[Kind, tuple[dict[str, str], Callable[[Workspace], Iterator[Cells]]]] = {
    "key-results": (
        dict.fromkeys(("cycle", "as_of", "objective", "key_result", "title", "owner", "status", "computed"), _TEXT)
        | {"reason": _TEXT, "actual": _NUMBER, "unit": _TEXT, "target": _TEXT, "progress": _NUMBER}
        | {"expected": _NUMBER, "n": _COUNT, "value_as_of": _TEXT},
        _key_results,
    ),
    "readings": (
        dict.fromkeys(("metric", "period", "as_of", "recorded_at", "restated_at", "state", "reason"), _TEXT)
        | {"value": _NUMBER, "numerator": _NUMBER, "denominator": _NUMBER, "n": _COUNT, "window_start": _TEXT}
        | {"window_end": _TEXT, "open": _COUNT, "oldest_open": _TEXT, "dropped": _COUNT}
        | {"pending": _COUNT, "definition": _TEXT, "sources": _TEXT, "run_id": _TEXT},
        _readings,
    ),
    "check-ins": (
        dict.fromkeys(("key_result", "as_of", "recorded_at", "by", "note", "challenge", "insight"), _TEXT)
        | {"confidence": _COUNT, "value": _NUMBER}
        | dict.fromkeys(("milestone", "override", "period", "settled"), _TEXT),
        _check_ins,
    ),
}


def _instant(at: int | None) -> str | None:
    return None if at is None else datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds")


def _defused(frame: pd.DataFrame) -> pd.DataFrame:
    # A cell that opens like a formula would be run by Excel, Sheets and LibreOffice.
    def cell(value: object) -> object:
        return f"'{value}" if isinstance(value, str) and value.lstrip(" ").startswith(_FORMULA) else value

    return _mapped(frame, cell)


def _mapped(frame: pd.DataFrame, cell: Callable[[object], object]) -> pd.DataFrame:
    """Every cell of text, whatever pandas calls that, through `cell`."""
    import pandas as pd  # noqa: PLC0415 -- see `table`

    texts = [name for name in frame.columns if not pd.api.types.is_numeric_dtype(frame[name].dtype)]
    return frame.assign(**{name: frame[name].astype(object).map(cell) for name in texts})


def _csv(frame: pd.DataFrame, out: Path) -> None:
    _defused(frame).to_csv(out, index=False, encoding="utf-8-sig")  # Excel reads UTF-8 only behind a byte order mark


def _excel(frame: pd.DataFrame, out: Path) -> None:
    # An Excel file may hold no control characters; people paste them into notes.
    def clean(value: object) -> object:
        return _CONTROL.sub("", value) if isinstance(value, str) else value

    _mapped(_defused(frame), clean).to_excel(out, index=False, sheet_name="okrsync", freeze_panes=(1, 0))


def _parquet(frame: pd.DataFrame, out: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it asks pandas for an option that pandas 4 will no longer have
        import fastparquet  # noqa: PLC0415

    fastparquet.write(str(out), frame, object_encoding="utf8")


_WRITERS: dict[str, Callable[[pd.DataFrame, Path], None]] = {".csv": _csv, ".xlsx": _excel, ".parquet": _parquet}
