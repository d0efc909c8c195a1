"""source -> pull -> facts + coverage: each page stored while the next one is being read."""

from __future__ import annotations

from collections.abc import Callable

from connectors.api import ConfigError, DataError, PullError, Queryable, Source, Supply, TransientError, Usage
from ledger import pulls, runs
from okr_model.exchange import Attempt, SourceError, SourceOutcome, Stored
from okr_model.questions import needed_from
from steps.ahead import ahead
from steps.wiring import Workspace

Progress = Callable[[str, str, int], None]
"""Told (source, fact, rows so far) after each page."""


def quiet(_source: str, _fact: str, _rows: int) -> None:
    """No progress shown."""


def pull_source(workspace: Workspace, name: str, run_id: str, progress: Progress = quiet) -> SourceOutcome:
    """Pulls every fact of one source, and keeps what came of it. Never raises for what a source does."""
    usage = Usage()
    stored: dict[str, Stored] = {}
    error = None
    try:
        source = workspace.open_source(name, usage)
        for fact, supply in source.supplies.items():
            _pull_fact(workspace, name, source, (fact, supply), stored, progress)
        if not source.supplies and isinstance(source, Queryable):
            source.reach()  # without facts to pull, nothing else would tell before its metrics do that it is down
    except Exception as problem:
        error = describe(name, problem)
    outcome = _outcome(workspace, name, usage, stored, error)
    _record(workspace, run_id, outcome)
    return outcome


def _pull_fact(
    workspace: Workspace,
    name: str,
    source: Source,
    supplied: tuple[str, Supply],
    stored: dict[str, Stored],
    progress: Progress,
) -> None:
    fact, supply = supplied
    total = stored[fact] = Stored()
    hasher = workspace.hasher()
    while True:
        part = pulls.open_slice(
            workspace.engine,
            name,
            fact,
            needed_from=needed_from(workspace.config.plan, fact),
            now=workspace.now,
            supply_lookback=supply.lookback,
            everything=supply.everything,
        )
        for page in ahead(source.pull(fact, part)):
            total += pulls.store_page(workspace.engine, name, fact, part, page, hasher, signals=supply.signals)
            stored[fact] = total
            progress(name, fact, total.stored + total.unchanged)
        total += Stored(retracted=pulls.finish_slice(workspace.engine, name, fact, part))
        stored[fact] = total
        # A slice that an earlier, broken-off run had begun ends at that run's instant: go on to this one's.
        if part.end >= workspace.now:
            return


def describe(name: str, problem: Exception) -> SourceError:
    """The error as it may be logged and stored: a plugin's own words only where they are meant for it.

    Connectors begin their sentences with the source's name; it is taken off, since whoever shows one says whose it is.
    """
    said = str(problem).removeprefix(f"{name}: ")
    if isinstance(problem, TransientError):
        return SourceError(kind="transient", message=said, retry_after=problem.retry_after)
    if isinstance(problem, ConfigError):
        return SourceError(kind="config", message=said)
    if isinstance(problem, DataError | PullError):
        return SourceError(kind="data", message=said)
    # Its text may hold a URL with a key or a row's content.
    return SourceError(kind="data", message=f"the connector failed with {type(problem).__name__}; see its author")


def _outcome(
    workspace: Workspace, name: str, usage: Usage, stored: dict[str, Stored], error: SourceError | None
) -> SourceOutcome:
    covered = [each.complete_to for each in pulls.coverages(workspace.engine) if each.source == name]
    state = "ok" if error is None else "deferred" if error.retry_after is not None else "failed"
    return SourceOutcome(
        name=name,
        state=state,  # type: ignore[arg-type]
        connector=workspace.connector_of(name),
        error=error,
        facts=stored,
        requests=usage.requests,
        pages=usage.pages,
        retries=usage.retries,
        complete_to=min(covered, default=None),
    )


def _record(workspace: Workspace, run_id: str, outcome: SourceOutcome) -> None:
    reason = None if outcome.error is None else outcome.error.message
    attempt = Attempt(
        run_id=run_id, at=workspace.now, what="pull", name=outcome.name, state=outcome.state, reason=reason
    )
    runs.add_attempts(workspace.engine, [attempt])
    runs.save_outcomes(workspace.engine, run_id, workspace.now, [outcome])
