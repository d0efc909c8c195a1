"""What `okr check` has to say beside mistakes: from the plan, and from the ledger where there is one already."""

from __future__ import annotations

from fractions import Fraction

from sqlalchemy import Engine

from config.loader import Config
from config.settings import Settings
from ledger import baselines, database, measures, readings
from okr_model.doubts import asked_accuracies, doubts, easy_accuracies, small_baselines
from okr_model.exchange import Question, Span
from okr_model.metrics import Condition, Confusion, Count, Metric
from okr_model.plan import Plan
from okr_model.windows import end_of


def all_doubts(settings: Settings, config: Config) -> list[str]:
    """One sentence each. Makes no ledger, and looks into none that is of another version."""
    found = doubts(config.plan)
    if not _readable(settings):
        return found
    engine = database.connect(settings.database_url)
    found += small_baselines(config.plan, baselines.baselines(engine))
    return found + list(easy_accuracies(config.plan, _flagging_nothing(engine, config.plan)))


def _flagging_nothing(engine: Engine, plan: Plan) -> dict[str, tuple[Fraction, Span]]:
    """What each accuracy that is asked for would be if nothing were flagged, over the window of its newest reading."""
    found = {}
    for name in asked_accuracies(plan):
        metric = plan.metrics[name]
        known = [each for each in readings.readings(engine, metrics=[name]) if each.state == "ok" and not each.period]
        if not known or not isinstance(metric.measure, Confusion):
            continue
        newest = max(known, key=lambda reading: reading.as_of)
        question = Question(
            metric=name,
            as_of=newest.as_of,
            window=newest.window,
            known_to=end_of(newest.as_of, plan.cycle.timezone),
            zone=newest.zone,
        )
        asked = [(counting, question) for counting in _counts(metric, metric.measure)]
        with database.read(engine) as connection:
            bad, rows = (each.value or Fraction(0) for each in measures.measure(connection, asked))
        if rows:
            found[name] = (100 * (1 - bad / rows), newest.window)
    return found


def _counts(metric: Metric, measure: Confusion) -> tuple[Metric, Metric]:
    """How many rows truly are what is looked for, and how many the accuracy stands on."""
    true = {**metric.where, measure.actual: Condition(any_of=(True,))}
    told = {**metric.where, measure.actual: Condition(present=True)}
    whole = metric.where if measure.unlabelled == "negative" else told
    bare = metric.model_copy(update={"measure": Count(), "where": true})
    return bare, bare.model_copy(update={"where": whole})


def _readable(settings: Settings) -> bool:
    engine = database.connect(settings.database_url)
    there = engine.dialect.name != "sqlite" or database.exists(engine)
    return there and database.url_problem(settings.database_url) is None and database.current(engine) == database.head()
