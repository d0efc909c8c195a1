"""Tables from files and published sheets, well and badly kept."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from connectors.api import ConfigError, Context, DataError, Fact, PullError, Slice, TransientError
from connectors.table.options import TableOptions
from connectors.table.source import TableSource
from connectors.testing.server import reply, serve

COLUMNS = {"member": {"id": "moderator_id", "active": "active", "joined_at": "joined"}}
OCTOBER = 1_790_812_800_000
CSV = {"Content-Type": "text/csv; charset=utf-8"}

Read = Callable[..., list[Fact]]


def pull(folder: Path, **options: Any) -> list[Any]:
    source = TableSource(TableOptions.model_validate({"facts": COLUMNS} | options), Context("roster", 0, folder))
    [fact] = source.supplies
    assert source.supplies[fact].everything
    return [row for page in source.pull(fact, Slice(start=None, end=1)) for row in page.facts]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Writes the text as roster.csv and pulls it."""

    def written(text: str, **options: Any) -> list[Any]:
        (tmp_path / "roster.csv").write_bytes(text.encode(options.pop("encoding", "utf-8")))
        return pull(tmp_path, path="roster.csv", **options)

    return written


HEAD = "moderator_id,active,joined,comment\n"


def test_rows_become_facts(read: Any) -> None:
    rows = read("\ufeff" + HEAD + '7,yes,2026-10-01,"a, b\nc"\n\nb, FALSE ,2026-10-01T02:00:00+02:00,\nc,0,,\nd,,,\n')
    assert [(row.id, row.active, row.joined_at) for row in rows] == [
        ("7", True, OCTOBER),
        ("b", False, OCTOBER),
        ("c", False, None),
        ("d", None, None),
    ]


def test_a_date_alone_is_midnight_of_the_timezone(read: Any) -> None:
    [row] = read(HEAD + "7,1,2026-10-01,\n", timezone="Europe/Berlin")
    assert row.joined_at == OCTOBER - 7_200_000


def test_another_delimiter(read: Any) -> None:
    [row] = read(HEAD.replace(",", ";") + "7;1;2026-10-01T00:00:00Z;x,y\n", delimiter=";")
    assert (row.id, row.joined_at) == ("7", OCTOBER)


def test_headings_alone_are_no_rows(read: Any) -> None:
    assert read(HEAD) == []


def test_rows_of_delimiters_alone_are_blank(read: Any) -> None:
    """Sheets have a thousand of them behind the last row."""
    assert [row.id for row in read(",,,\n" + HEAD + "7,1,,\n,,,\n , ,,\n,,,\n")] == ["7"]


def test_the_same_row_twice_counts_once(read: Any) -> None:
    assert len(read(HEAD + "7,1,,\n7,1,,\n")) == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the table is empty"),
        ("\n\n", "the table is empty"),
        ("moderator_id,joined\n7,2026-10-01\n", "no column 'active'"),
        ("moderator_id,active,active,joined\n", "two columns are headed 'active'"),
        (HEAD + "7,yes,2026-10-01,\n8,private,,\n", "line 3, column 'active': not yes"),
        (HEAD + "7,yes,private,\n", "line 2, column 'joined': not an ISO date"),
        (HEAD + "7,yes,01.10.2026,\n", "line 2, column 'joined': not an ISO date"),
        (HEAD + "7,yes,2026-10-01T09:00,\n", "line 2, column 'joined': a time without a zone"),
        (HEAD + " ,yes,,\n", "line 2, column 'moderator_id': empty"),
        (HEAD + '7,yes,,"a\nb"\n8,private,,\n', "line 4, column 'active'"),
        (HEAD + '7,private,,"a\nb"\n', "roster.csv, line 2, column 'active'"),
        (HEAD.replace(",", ";"), "is `delimiter` right?"),
        (HEAD + "7,yes\n", "line 2 has 2 cells"),
        (HEAD + "7,yes,,,private\n", "line 2 has 5 cells"),
        (HEAD + '7,yes,,"private\n', "quote left open"),
        (HEAD + "7,yes,,\n7,no,,\n", "lines 2 and 3 have the same id and differ"),
    ],
)
def test_what_cannot_be_read_is_named_by_line_and_column(read: Any, text: Any, said: Any) -> None:
    with pytest.raises(DataError) as caught:
        read(text)
    assert said in str(caught.value)
    assert "private" not in str(caught.value)


def test_text_that_is_not_utf8(read: Any) -> None:
    with pytest.raises(DataError, match="UTF-8"):
        read(HEAD + "ä,yes,,\n", encoding="latin-1")


def test_a_missing_file(tmp_path: Any) -> None:
    with pytest.raises(ConfigError, match=r"there is no file gone\.csv"):
        pull(tmp_path, path="gone.csv")
    with pytest.raises(ConfigError, match="cannot be read"):
        pull(tmp_path, path=".")


def test_check_says_what_is_wrong_once(tmp_path: Any) -> None:
    options = {"path": "gone.csv", "facts": COLUMNS | {"training": {"id": "id"}}}
    source = TableSource(TableOptions.model_validate(options), Context("roster", 0, tmp_path))
    assert len(source.check()) == 1
    (tmp_path / "gone.csv").write_text(HEAD + "7,yes,,\n")
    assert source.check() == [
        "roster: gone.csv: no column 'id': the headings are moderator_id, active, joined, comment"
    ]


def test_excel(tmp_path: Any) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.active.append(["notes"])
    sheet = book.create_sheet("team")
    sheet.append(["moderator_id", "active", "joined"])
    sheet.append([7, True, datetime(2026, 10, 1, tzinfo=UTC).replace(tzinfo=None)])
    sheet.append(["NA", "no", None])
    sheet.append([None, None, None])
    sheet.append([9, None, "2026-10-01"])
    book.save(tmp_path / "roster.xlsx")
    rows = pull(tmp_path, path="roster.xlsx", sheet="team")
    assert [(row.id, row.active, row.joined_at) for row in rows] == [
        ("7", True, OCTOBER),
        ("NA", False, None),
        ("9", None, OCTOBER),
    ]
    with pytest.raises(ConfigError, match="no sheet 'gone'"):
        pull(tmp_path, path="roster.xlsx", sheet="gone")
    with pytest.raises(DataError, match="no column"):
        pull(tmp_path, path="roster.xlsx")
    (tmp_path / "broken.xlsx").write_bytes(b"private")
    with pytest.raises(DataError, match="not a readable Excel file"):
        pull(tmp_path, path="broken.xlsx")
    with pytest.raises(ConfigError, match="there is no file"):
        pull(tmp_path, path="gone.xlsx")


def test_an_error_of_excel_s_is_not_an_empty_cell(tmp_path: Any) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.active.append(["moderator_id", "active", "joined", "comment"])
    book.active.append([7, True, None, "#DIV/0!"])
    book.active.append([8, True, "#REF!", None])
    book.save(tmp_path / "roster.xlsx")
    with pytest.raises(DataError, match=r"roster\.xlsx, line 3, column 'joined': an error of Excel's"):
        pull(tmp_path, path="roster.xlsx")


def test_the_old_format_of_excel_is_named(tmp_path: Any) -> None:
    with pytest.raises(ConfigError, match=r"save it as \.xlsx"):
        pull(tmp_path, path="roster.xls")


def published(tmp_path: Path, answer: Any) -> list[Any]:
    with serve({"/sheets/hush/pub": answer}) as server:
        rows = pull(tmp_path, url=f"{server.url}/sheets/hush/pub?output=csv&gid=hush")
        assert server.seen[-1].query == {"output": "csv", "gid": "hush"}
        return rows


def test_a_published_sheet(tmp_path: Any) -> None:
    lines = "7,yes,,first\u2028second\r\n8,no,,\x0b\r\n"  # line breaks of text, not of CSV
    assert [row.id for row in published(tmp_path, reply((HEAD + lines).encode(), headers=CSV))] == ["7", "8"]


@pytest.mark.parametrize(
    ("answer", "kind", "said"),
    [
        (reply(b"<html>login</html>", headers={"Content-Type": "text/html"}), DataError, "web page"),
        (reply(b"<html>login</html>", headers=CSV), DataError, "web page"),
        (reply(b"", headers=CSV), DataError, "empty"),
        (reply(HEAD.encode() + b"\xff,yes,,\n", headers=CSV), DataError, "UTF-8"),
        (reply(status=404), ConfigError, "404"),
        (reply(status=302, headers={"Location": "https://accounts.example/login"}), ConfigError, "refused"),
        (reply(status=429, headers={"Retry-After": "7200"}), TransientError, "429"),
    ],
)
def test_a_published_sheet_that_is_not_one(tmp_path: Any, answer: Any, kind: Any, said: Any) -> None:
    with pytest.raises(PullError) as caught:
        published(tmp_path, answer)
    assert isinstance(caught.value, kind)
    assert said in str(caught.value)
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "either path or url"),
        ({"path": "a.csv", "url": "https://a.example"}, "either path or url"),
        ({"url": "http://a.example/sheet"}, "https"),
        ({"path": "a.csv", "timezone": "Berlin"}, "not a time zone"),
        ({"path": "a.csv", "facts": {"membr": {"id": "x"}}}, "is not a fact"),
        ({"path": "a.csv", "facts": {"member": {"active": "x"}}}, "member needs 'id'"),
        ({"path": "a.csv", "facts": {"member": {"id": "x", "colour": "y"}}}, "'colour' is not a field of member"),
    ],
)
def test_wrong_options_are_refused_in_words(options: Any, said: Any) -> None:
    with pytest.raises(ValidationError) as caught:
        TableOptions.model_validate({"facts": COLUMNS} | options)
    assert said in str(caught.value)
