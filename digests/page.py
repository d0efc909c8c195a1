"""The scorecard as static pages: one for all, one for each key result with its readings and where they come from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import jinja2

from digests import svg
from digests.publication import new_edition
from digests.signs import sign
from okr_model import words
from okr_model.changes import UNKNOWN, sentences
from okr_model.check_ins_due import person
from okr_model.digest import Spark
from okr_model.digest_words import (
    actual_text,
    aim_text,
    cycle_name,
    headline,
    objective_summary,
    standing_data,
    stands_on_milestone,
    tally,
)
from okr_model.exchange import Coverage, Reading, SourceOutcome
from okr_model.scorecard import KeyResultCard, PartCard, Scorecard
from okr_model.site_map import INDEX, key_result_page


def write_site(
    scorecard: Scorecard,
    folder: Path,
    *,
    histories: Mapping[str, Spark],
    readings: Mapping[str, Sequence[Reading]],
    outcomes: Iterable[SourceOutcome],
    coverages: Iterable[Coverage],
) -> Path:
    """Replaces `folder` by a new index.html and kr/ID.html for each key result; returns the index's path.

    `histories` and `readings` are by key result, the readings in any order. A reader sees the old site or the new one,
    each of them whole. Raises OSError where it cannot be written.
    """
    told = list(outcomes)
    with new_edition(folder) as fresh:
        shared = {"scorecard": scorecard, "histories": histories, **_texts(scorecard, told)}
        index = _template("index.html").render(outcomes=told, coverages=list(coverages), **shared)
        (fresh / INDEX).write_text(index, encoding="utf-8")
        _write_key_results(fresh, scorecard, readings, shared)
    return folder / INDEX


def _write_key_results(
    folder: Path, scorecard: Scorecard, readings: Mapping[str, Sequence[Reading]], shared: dict[str, Any]
) -> None:
    (folder / "kr").mkdir()
    template = _template("key_result.html")
    for objective in scorecard.objectives:
        for card in objective.key_results:
            taken = _newest_first(readings.get(card.id, ()))
            page = template.render(card=card, objective=objective, readings=taken, **shared)
            (folder / key_result_page(card.id)).write_text(page, encoding="utf-8")


def _newest_first(readings: Sequence[Reading]) -> list[Reading]:
    return sorted(readings, key=lambda one: (one.as_of, one.period or "", one.recorded_at), reverse=True)


def _texts(scorecard: Scorecard, outcomes: list[SourceOutcome]) -> dict[str, Any]:
    zone = scorecard.cycle.timezone
    cards = scorecard.cards()
    length = (scorecard.cycle.end - scorecard.cycle.start).days
    gone = (scorecard.as_of - scorecard.cycle.start).days + 1
    return {
        "cycle": cycle_name(scorecard.cycle.id),
        "headline": headline(scorecard, [], None, [one.name for one in outcomes if one.state != "ok"]),
        "progress": f"day {gone} of {length}" if 0 < gone <= length else scorecard.cycle.state,
        "counts": [(word, count) for word, count in tally(cards) if word not in UNKNOWN],
        "unknown": sum(card.status in UNKNOWN for card in cards),
        "instant": partial(words.instant, zone=zone),
        "place": words.place(zone),
    }


def _value(reading: Reading, card: KeyResultCard) -> str:
    own = card.reading is None or reading.metric == card.reading.metric
    part = next((part for part in card.parts if part.metric == reading.metric), None)
    unit, target = (part.unit, part.target) if part else (card.unit, card.target) if own else ("", None)
    return words.number(reading.value, unit, target)


def _part_actual(part: PartCard) -> str:
    if part.kind == "milestone":
        return "done" if part.progress == 1 else "not done" if part.progress == 0 else words.UNKNOWN
    return words.number(part.actual, part.unit, part.target)


def _counts(reading: Reading) -> str:
    if reading.numerator is None or reading.denominator is None:
        return words.UNKNOWN
    return f"{words.figure(reading.numerator, '')} / {words.figure(reading.denominator, '')}"


@lru_cache(maxsize=1)
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "site"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    helpers: dict[str, Callable[..., Any]] = {
        "sign": sign,
        "chart": svg.chart,
        "key_result_page": key_result_page,
        "person": person,
        "standing_data": standing_data,
        "actual_text": actual_text,
        "stands_on_milestone": stands_on_milestone,
        "aim_text": aim_text,
        "objective_summary": objective_summary,
        "sentences": sentences,
        "number": words.number,
        "figure": words.figure,
        "day": words.day,
        "long_day": words.long_day,
        "weekday": words.weekday,
        "span": words.days,
        "value": _value,
        "ratio": _counts,
        "part_actual": _part_actual,
    }
    environment.globals.update(helpers)
    environment.filters["joined"] = lambda text: text.replace("n = ", "n\u00a0=\u00a0")
    return environment


def _template(name: str) -> jinja2.Template:
    return _environment().get_template(name)
