"""source -> pull -> facts + coverage: each page stored while the next one is being read."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from msgspec.structs import replace
from sqlalchemy.exc import OperationalError

from config.hushed import hushed
from connectors.api import (
    ConfigError,
    DataError,
    NoSuchPathError,
    PullError,
    Queryable,
    Supply,
    TransientError,
    Usage,
)
from ledger import pulls, runs, sweeps
from ledger.database import LedgerError
from ledger.pages import UnkeptTextError
from okr_model.exchange import Attempt, Page, Slice, SourceError, SourceOutcome, Stored
from okr_model.questions import needed_from
from steps.ahead import ahead
from steps.wiring import Workspace

log = logging.getLogger(__name__)

FACTS_AT_ONCE = 4
Progress = Callable[[str, str, int], None]
"""Told (source, fact, rows so far) after each page."""


def quiet(_source: str, _fact: str, _rows: int) -> None:
    """No progress shown."""


def pull_source(workspace: Workspace, name: str, run_id: str, progress: Progress = quiet) -> SourceOutcome:
    """Pulls every fact of one source, and keeps what came of it. Raises LedgerError, never for what a source does."""
    usage = Usage()
    pulled: list[_FactPull] = []
    errors: list[SourceError] = []
    try:
        source = workspace.open_source(name, usage)
        pulled = [_FactPull(workspace, name, fact, supply, progress) for fact, supply in source.supplies.items()]
        if not pulled and isinstance(source, Queryable):
            source.reach()  # without facts to pull, nothing else would tell before its metrics do that it is down
    except Exception as problem:
        errors = [describe(name, problem)]
    if pulled:
        with ThreadPoolExecutor(FACTS_AT_ONCE, thread_name_prefix=f"pull {name}") as pool:
            errors = [error for error in pool.map(_FactPull.run, pulled) if error is not None]
    outcome = _outcome(workspace, name, [usage, *(each.usage for each in pulled)], pulled, _together(errors))
    _record(workspace, run_id, outcome)
    return outcome


@dataclass
class _FactPull:
    """One fact of one source. Each is read through a source object of its own, so several go on at the same time."""

    workspace: Workspace
    name: str
    fact: str
    supply: Supply
    progress: Progress
    usage: Usage = field(default_factory=Usage)
    total: Stored = field(default_factory=Stored)

    def run(self) -> SourceError | None:
        """What came in the way, if anything did."""
        error = self._tried(self._pull)
        if error is not None or not self.supply.vanishing:
            return error
        error = self._tried(self._sweep)
        return error and replace(error, message=f"its weekly sweep for deleted rows failed: {error.message}")

    def _tried(self, work: Callable[[], None]) -> SourceError | None:
        try:
            work()
        except LedgerError:
            raise
        except Exception as problem:
            return describe(self.name, problem)
        return None

    def _pull(self) -> None:
        engine = self.workspace.engine
        while True:
            part = pulls.open_slice(
                engine,
                self.name,
                self.fact,
                needed_from=needed_from(self.workspace.config.plan, self.fact),
                now=self.workspace.now,
                supply_lookback=self.supply.lookback,
                everything=self.supply.everything,
            )
            self._read(part, pulls.store_page)
            self.total += Stored(retracted=pulls.finish_slice(engine, self.name, self.fact, part))
            # A slice that an earlier, broken-off run had begun ends at that run's instant: go on to this one's.
            if part.end >= self.workspace.now:
                return

    def _sweep(self) -> None:
        engine = self.workspace.engine
        while (part := sweeps.open_sweep(engine, self.name, self.fact, self.workspace.now)) is not None:
            self._read(part, sweeps.store_swept)
            self.total += Stored(retracted=sweeps.finish_reading(engine, self.name, self.fact, part))

    def _read(self, part: Slice, store: Callable[..., Stored]) -> None:
        hasher = self.workspace.hasher()
        for page in self._pages(part):
            try:
                self.total += store(
                    self.workspace.engine, self.name, self.fact, part, page, hasher, signals=self.supply.signals
                )
            except OperationalError as error:  # the disk is full, the database is gone: no source is to blame
                raise LedgerError(f"the ledger could not keep a page: {error.orig}") from error
            self.progress(self.name, self.fact, self.total.stored + self.total.unchanged)

    def _pages(self, part: Slice) -> Iterator[Page]:
        """The slice's pages. A position that the source does not take any more is given up once: tokens lapse."""
        source = self.workspace.open_source(self.name, self.usage)
        pages = ahead(source.pull(self.fact, part))
        if part.position is not None:
            try:
                first = next(pages, None)
            except (DataError, NoSuchPathError) as refused:
                log.warning("%s; reading %s from its start, not from where an earlier run ended", refused, self.fact)
                pages = ahead(source.pull(self.fact, replace(part, position=None)))
            else:
                yield from () if first is None else (first,)
        yield from pages


def describe(name: str, problem: Exception) -> SourceError:
    """The error as it may be logged and stored: a plugin's own words only where they are meant for it.

    Connectors begin their sentences with the source's name; it is taken off, since whoever shows one says whose it is.
    """
    said = hushed(str(problem)).removeprefix(f"{name}: ")
    if isinstance(problem, TransientError):
        return SourceError(kind="transient", message=said, retry_after=problem.retry_after)
    if isinstance(problem, ConfigError):
        return SourceError(kind="config", message=said)
    if isinstance(problem, PullError | UnkeptTextError):
        return SourceError(kind="data", message=said)
    # Its text may hold a URL with a key or a row's content.
    return SourceError(kind="data", message=f"the connector failed with {type(problem).__name__}; see its author")


def _together(errors: Sequence[SourceError]) -> SourceError | None:
    """One error for a source: the first one's kind, everyone's words; deferred only where all of them are."""
    if not errors:
        return None
    words = "; ".join(dict.fromkeys(error.message for error in errors))
    until = [error.retry_after for error in errors if error.retry_after is not None]
    return replace(errors[0], message=words, retry_after=max(until) if len(until) == len(errors) else None)


def _outcome(
    workspace: Workspace, name: str, usages: Sequence[Usage], pulled: Sequence[_FactPull], error: SourceError | None
) -> SourceOutcome:
    reached = {each.fact: each.complete_to for each in pulls.coverages(workspace.engine) if each.source == name}
    covered = [reached.get(each.fact) for each in pulled]
    state = "ok" if error is None else "deferred" if error.retry_after is not None else "failed"
    return SourceOutcome(
        name=name,
        state=state,  # type: ignore[arg-type]
        connector=workspace.connector_of(name),
        error=error,
        facts={each.fact: each.total for each in pulled},
        requests=sum(usage.requests for usage in usages),
        pages=sum(usage.pages for usage in usages),
        retries=sum(usage.retries for usage in usages),
        complete_to=None if None in covered else min(covered, default=None),  # type: ignore[type-var]
    )


def _record(workspace: Workspace, run_id: str, outcome: SourceOutcome) -> None:
    reason = None if outcome.error is None else outcome.error.message
    attempt = Attempt(
        run_id=run_id, at=workspace.now, what="pull", name=outcome.name, state=outcome.state, reason=reason
    )
    runs.add_attempts(workspace.engine, [attempt])
    runs.save_outcomes(workspace.engine, run_id, workspace.now, [outcome])
