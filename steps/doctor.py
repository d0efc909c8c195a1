"""Looks into everything that a run needs, and says what to mend."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from config.problems import ConfigProblems
from config.settings import Settings
from connectors.registry import CONNECTORS
from digests.channels.registry import CHANNELS
from ledger import database, outbox, runs
from okr_model import words
from steps.wiring import Workspace, load_config, open_workspace

UNDELIVERED = ("failed", "ambiguous", "retry")


@dataclass(frozen=True)
class Finding:
    """One thing looked at, and one sentence on it."""

    what: str
    well: bool
    sentence: str


def examine(settings: Settings) -> Iterator[Finding]:
    """From the files up; what cannot be looked at because something before it is broken is not reported."""
    try:
        config = load_config(settings)
    except ConfigProblems as problems:
        yield from (Finding("configuration", well=False, sentence=str(each)) for each in problems.problems)
        return
    yield Finding("configuration", well=True, sentence=f"{words.plural(len(config.plan.key_results()), 'key result')}")
    problem = database.url_problem(settings.database_url)
    if problem is not None:
        yield Finding("ledger", well=False, sentence=problem)
        return
    workspace = open_workspace(settings)
    yield Finding("ledger", well=True, sentence=f"{workspace.engine.dialect.name}, at the newest revision")
    yield from _plugins()
    yield _person_key(settings)
    yield from _sources(workspace)
    yield _outbox(workspace)
    yield _mail(settings)


def _plugins() -> Iterator[Finding]:
    for problem in (*CONNECTORS.problems(), *CHANNELS.problems()):
        yield Finding("plugin", well=False, sentence=problem)


def _person_key(settings: Settings) -> Finding:
    if settings.person_key is None:
        return Finding(
            "OKR_PERSON_KEY", well=False, sentence="not set: nothing about people can be pulled; see `okr init`"
        )
    return Finding("OKR_PERSON_KEY", well=True, sentence="set")


def _sources(workspace: Workspace) -> Iterator[Finding]:
    outcomes = runs.latest_outcomes(workspace.engine)
    zone = workspace.config.plan.cycle.timezone
    for name in workspace.config.sources:
        if name not in outcomes:
            yield Finding(f"source {name}", well=False, sentence="never pulled; run `okr sync`")
            continue
        at, outcome = outcomes[name]
        when = words.instant(at, zone)
        if outcome.error is None:
            yield Finding(f"source {name}", well=True, sentence=f"pulled {when}")
        else:
            yield Finding(f"source {name}", well=False, sentence=f"{outcome.state} {when}: {outcome.error.message}")


def _outbox(workspace: Workspace) -> Finding:
    states: Counter[str] = Counter(row.state for row in outbox.rows(workspace.engine))
    stuck = {state: states[state] for state in UNDELIVERED if states[state]}
    said = ", ".join(f"{count} {state}" for state, count in sorted(states.items())) or "empty"
    return Finding("outbox", well=not stuck, sentence=f"{said}; `okr digest outbox` says why" if stuck else said)


def _mail(settings: Settings) -> Finding:
    if settings.smtp_url is None:
        return Finding("mail", well=True, sentence="no OKR_SMTP_URL: mails are .eml files in the output folder")
    return Finding("mail", well=True, sentence="OKR_SMTP_URL is set")
