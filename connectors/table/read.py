"""Rows of a table, each with the line it stands on, from wherever the table is kept."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final, TypeAlias

from connectors.api import Client, ConfigError, Context, DataError, PullError, TransientError
from connectors.table.options import TableOptions

Rows: TypeAlias = Iterator[tuple[int, list[Any]]]
ERROR: Final = object()
"""A cell of Excel's that holds an error like #REF!, which pandas gives as NaN where it gives '' for an empty one."""

_EXCEL = (".xlsx", ".xlsm")
_OLD_EXCEL = ".xls"
_CSV_TYPES = ("text/csv", "text/plain", "application/csv", "application/octet-stream")
_SHEET_HOSTS = (".googleusercontent.com",)


def read_rows(options: TableOptions, context: Context) -> Rows:
    """(line, cells), the headings first. Empty cells are ''. Raises PullError."""
    if options.url is not None:
        return _csv_rows(io.StringIO(_published(options, context), newline=""), options, context.name)
    path = context.folder / str(options.path)
    if path.suffix.lower() == _OLD_EXCEL:
        raise ConfigError(f"{context.name}: {options.path} is of the old Excel format: save it as .xlsx")
    if path.suffix.lower() in _EXCEL:
        return _excel_rows(path, options, context.name)
    return _file_rows(path, options, context.name)


def _file_rows(path: Path, options: TableOptions, source: str) -> Rows:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            before = path.stat()
            yield from _csv_rows(file, options, source)
            after = path.stat()
    except FileNotFoundError:
        raise _no_file(options, source) from None
    except UnicodeDecodeError:
        raise DataError(f"{source}: {options.path} is not UTF-8 text: save it as CSV UTF-8") from None
    except OSError as error:
        raise ConfigError(f"{source}: {options.path} cannot be read: {error.strerror}") from None
    if (before.st_mtime_ns, before.st_size) != (after.st_mtime_ns, after.st_size):
        raise TransientError(f"{source}: {options.path} was changed while it was read")


def _no_file(options: TableOptions, source: str) -> ConfigError:
    return ConfigError(f"{source}: there is no file {options.path}: paths start at the folder of sources.yaml")


def _csv_rows(lines: Iterable[str], options: TableOptions, source: str) -> Rows:
    reader = csv.reader(lines, delimiter=options.delimiter, strict=True)
    line = 1
    try:
        for cells in reader:
            if any(cell and not cell.isspace() for cell in cells):
                yield line, cells
            line = reader.line_num + 1  # where the next row begins: one with line breaks in its cells spans several
    except csv.Error:
        raise DataError(
            f"{source}: {options.place}, line {line} is not readable as CSV: is a quote left open?"
        ) from None


def _published(options: TableOptions, context: Context) -> str:
    assert options.url is not None
    origin, slash, rest = options.url.get_secret_value().partition("://")
    host, _, path = rest.partition("/")
    client = Client(origin + slash + host, context, trusted_hosts=_SHEET_HOSTS)
    try:
        got = client.download(path, accept="text/csv")
    except PullError as error:
        raise _without_path(error, path) from None
    finally:
        client.close()
    if got.content_type.partition(";")[0].strip().lower() not in _CSV_TYPES or got.body.lstrip()[:1] == b"<":
        raise DataError(f"{context.name}: the sheet answered with a web page instead of CSV: publish it as CSV")
    try:
        return got.body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise DataError(f"{context.name}: the sheet is not UTF-8 text") from None


def _without_path(error: PullError, path: str) -> PullError:
    """The path of a published sheet is what opens it: it is not shown."""
    message = str(error).replace("/" + path.partition("?")[0], "/…") if path else str(error)
    if isinstance(error, TransientError):
        return TransientError(message, error.retry_after)
    return type(error)(message)


def _excel_rows(path: Path, options: TableOptions, source: str) -> Rows:
    import pandas  # noqa: PLC0415 (0.6 s to import, and only Excel needs it)

    try:
        frame = pandas.read_excel(path, sheet_name=options.sheet or 0, header=None, dtype=object, keep_default_na=False)
    except FileNotFoundError:
        raise _no_file(options, source) from None
    except ValueError as error:
        if "Worksheet" in str(error):
            raise ConfigError(f"{source}: {options.path} has no sheet {options.sheet!r}") from None
        raise DataError(f"{source}: {options.path} is not a readable Excel file") from None
    except Exception as error:
        raise DataError(f"{source}: {options.path} is not a readable Excel file ({type(error).__name__})") from None
    for line, cells in enumerate(frame.itertuples(index=False, name=None), start=1):
        if any(cell != "" for cell in cells):
            yield line, [_excel_cell(cell) for cell in cells]


def _excel_cell(cell: Any) -> Any:
    if isinstance(cell, float):
        return ERROR if math.isnan(cell) else int(cell) if cell.is_integer() else cell
    if hasattr(cell, "to_pydatetime"):
        cell = cell.to_pydatetime()
    if hasattr(cell, "hour") and not (cell.hour or cell.minute or cell.second) and hasattr(cell, "date"):
        return cell.date()
    return cell
