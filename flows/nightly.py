"""nightly-sync: the whole job as a Prefect flow. Tasks carry names and instants only; the ledger carries the data.

Prefect can start a run twice and pile up late ones, so nothing here relies on it: a lease in the ledger lets one run
in at a time, and everything that is stored or frozen has a key of its own.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from prefect import flow, get_run_logger, task
from prefect.artifacts import create_link_artifact, create_table_artifact
from prefect.cache_policies import NO_CACHE
from prefect.states import Completed
from prefect.task_runners import ThreadPoolTaskRunner

from config.settings import settings
from digests.signs import sign
from flows.secret_blocks import from_block
from okr_model.changes import sentences
from okr_model.digest_words import actual_text, aim_text
from okr_model.exchange import SourceOutcome
from okr_model.scorecard import Scorecard
from steps.alerts import freeze_alert
from steps.evaluate import evaluate
from steps.freeze import freeze_due
from steps.publish import latest_scorecard, publish_scorecard
from steps.pull import pull_source
from steps.read import take_readings
from steps.sync import SOURCES_AT_ONCE, Run, new_run, only_run, settle, start
from steps.wiring import Workspace, open_workspace


def open_here() -> Workspace:
    """A workspace from the settings: each task opens its own, since an engine cannot be handed to another process."""
    return open_workspace(settings(), from_block)


@task(cache_policy=NO_CACHE, persist_result=False, retries=0, task_run_name="pull {name}")
def pull(name: str, run_id: str) -> SourceOutcome:
    """One source; what it does wrong is in the outcome, never an exception."""
    outcome = pull_source(open_here(), name, run_id)
    logger = get_run_logger()
    if outcome.error is None:
        logger.info("%s: complete, %s requests", name, outcome.requests)
    else:
        logger.warning("%s %s: %s", name, outcome.state, outcome.error.message)
    return outcome


@task(cache_policy=NO_CACHE, persist_result=False, retries=0)
def read(run: Run, outcomes: list[SourceOutcome]) -> dict[str, int]:
    """Takes and stores readings. Returns how many came out in each state."""
    counts: dict[str, int] = {}
    for reading in take_readings(open_here(), run.as_of, run.id, by_name(outcomes)):
        counts[reading.state] = counts.get(reading.state, 0) + 1
    return counts


@task(cache_policy=NO_CACHE, persist_result=False, retries=0)
def judge(run: Run) -> dict[str, str]:
    """Evaluates and stores the scorecard. Returns key result -> status."""
    return {card.id: card.status for card in evaluate(open_here(), run.as_of, run.id, run.rules_now).cards()}


@task(cache_policy=NO_CACHE, persist_result=False, retries=0)
def publish() -> str:
    """Writes the scorecard page and the run's artifacts. Returns where the page lies."""
    workspace = open_here()
    scorecard = latest_scorecard(workspace)
    page = publish_scorecard(workspace, scorecard)
    create_table_artifact(table=table_rows(scorecard), key="scorecard", description=f"Scorecard of {scorecard.as_of}")
    link = workspace.settings.scorecard_url or page.as_uri()
    create_link_artifact(link, link_text=f"Scorecard of {scorecard.as_of}", key="scorecard-page")
    return str(page)


def table_rows(scorecard: Scorecard) -> list[dict[str, str]]:
    """One row for each key result, in the same words as the scorecard's."""
    return [
        {
            "objective": objective.title,
            "key result": card.title,
            "status": f"{sign(card.status).shape} {card.status}",
            "actual": actual_text(card),
            "target": aim_text(card),
            "reason": sentences(card.reason, *card.notes),
        }
        for objective in scorecard.objectives
        for card in objective.key_results
    ]


@task(cache_policy=NO_CACHE, persist_result=False, retries=0)
def freeze(run: Run, outcomes: list[SourceOutcome]) -> int:
    """Freezes the digests and alerts that are due. Returns how many deliveries were queued."""
    workspace = open_here()
    scorecard = latest_scorecard(workspace)
    alerts = freeze_alert(workspace, run.id, scorecard, by_name(outcomes))
    return alerts + freeze_due(workspace, scorecard)


def by_name(outcomes: list[SourceOutcome]) -> dict[str, SourceOutcome]:
    """Outcomes by their source's name."""
    return {outcome.name: outcome for outcome in outcomes}


RUNNER: Any = ThreadPoolTaskRunner(max_workers=SOURCES_AT_ONCE)


@flow(name="nightly-sync", task_runner=RUNNER, persist_result=False, retries=0)
def nightly_sync() -> Any:
    """Pulls every source, takes readings, judges, publishes, and freezes what is due."""
    workspace = open_here()
    run = new_run(workspace, None)
    with only_run(workspace, run.id) as still_ours:
        start(workspace, run)
        pulls = [pull.submit(name, run.id) for name in workspace.config.sources]
        outcomes = [future.result() for future in pulls]
        for stage in (partial(read, run, outcomes), partial(judge, run), publish, partial(freeze, run, outcomes)):
            still_ours()
            stage()
        state = settle(workspace, run, by_name(outcomes))
    broken = [outcome.name for outcome in outcomes if outcome.state != "ok"]
    if state == "degraded":
        return Completed(
            name="Degraded", message=f"not pulled: {', '.join(broken)}; what stands on them keeps its value"
        )
    return Completed(message=f"all {len(outcomes)} sources pulled, numbers to {run.as_of}")


if __name__ == "__main__":
    nightly_sync()
