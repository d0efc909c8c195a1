"""What was believed, and tables of it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from config.settings import settings
from steps.checkin import Said, check_in
from steps.explain import NoSuchKeyResult
from steps.export import UnknownFileKind, as_csv, export
from steps.history import history
from steps.status import NothingStored, stored_scorecard


def test_a_correction_stands_beside_what_was_believed_before(office: Any) -> None:
    office.sync("2026-10-10T02:00Z")
    created, _, category = office.tickets["mail-2026-10-08"]
    office.tickets["mail-2026-10-08"] = (created, 4, category)
    office.sync("2026-10-10T05:00Z")
    found = [each for each in history(settings(), "faster").beliefs if each.reading.as_of == date(2026, 10, 9)]
    old, new = [each for each in found if each.reading.period is None]
    assert (old.reading.value, new.reading.value) == (14.5, 13)
    assert old.restated_at == new.reading.recorded_at
    assert new.restated_at is None


def test_the_same_again_is_no_correction(office: Any) -> None:
    office.sync("2026-10-10T02:00Z")
    office.sync("2026-10-10T05:00Z")
    assert all(each.restated_at is None for each in history(settings(), "solved").beliefs)


def test_a_key_result_that_is_not_there_is_told_with_those_that_are(office: Any) -> None:
    office.sync("2026-10-10T02:00Z")
    with pytest.raises(NoSuchKeyResult, match="faster, solved"):
        history(settings(), "nothing")


@pytest.mark.parametrize("ending", ["csv", "xlsx", "parquet"])
def test_readings_are_exported_with_every_correction(office: Any, tmp_path: Path, ending: str) -> None:
    office.sync("2026-10-10T02:00Z")
    office.tickets.pop("mail-2026-10-08")
    office.sync("2026-10-10T05:00Z")
    out = tmp_path / f"readings.{ending}"
    rows = export(office.at("2026-10-10T06:00Z"), "readings", out)
    read: Any = {"csv": pd.read_csv, "xlsx": pd.read_excel, "parquet": _parquet}[ending]
    frame = read(out)
    assert len(frame) == rows
    restated = frame[frame["restated_at"].notna() & (frame["metric"] == "hours") & frame["period"].isna()]
    assert list(restated["value"]) == [14.5]
    assert list(restated["n"]) == [7]


def _parquet(path: Path) -> Any:
    import fastparquet

    with path.open("rb") as file:
        return fastparquet.ParquetFile(file).to_pandas()


def test_what_is_not_known_is_an_empty_cell(office: Any) -> None:
    office.sync("2026-10-03T02:00Z")
    lines = as_csv(office.at("2026-10-03T03:00Z"), "key-results").splitlines()
    calls = [line for line in lines if ",calls," in line]
    assert len(calls) == 2
    assert all(",No Data," in line and ",,count," in line for line in calls)


def test_a_file_of_no_known_kind_is_refused(office: Any) -> None:
    with pytest.raises(UnknownFileKind, match=r"\.parquet"):
        export(office.at("2026-10-03T03:00Z"), "readings", Path("readings.doc"))


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_no_cell_is_run_as_a_formula(office: Any, tmp_path: Path, ending: str) -> None:
    office.sync("2026-10-03T02:00Z")
    now = office.at("2026-10-03T03:00Z")
    for note in ("=cmd|' /C calc'!A0", "+1", "@SUM(1)", "\t=1", " =1", "pasted\x0bfrom a slide"):
        check_in(now, Said(key_result="calls", note=note))
    out = tmp_path / f"said.{ending}"
    export(now, "check-ins", out)
    frame = pd.read_csv(out) if ending == "csv" else pd.read_excel(out)
    assert all(str(note).startswith(("'", "pasted")) for note in frame["note"])
    assert len(frame) == 6
    assert as_csv(now, "check-ins").count("'") >= 5


def test_before_anything_was_known_there_is_no_scorecard(office: Any) -> None:
    office.sync("2026-10-03T02:00Z")
    early = int(datetime(2026, 10, 3, tzinfo=UTC).timestamp() * 1000)
    with pytest.raises(NothingStored, match="had been made by then"):
        stored_scorecard(settings(), None, early)
