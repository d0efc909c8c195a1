"""A small hand-made week: two scorecards a week apart, their charts and check-ins."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from okr_model.beliefs import Belief
from okr_model.courses import course
from okr_model.digest import Digest, Spark
from okr_model.digest_builder import build, note_of
from okr_model.exchange import CheckIn, Coverage, Reading, SourceError, SourceOutcome, Span, Stored
from okr_model.graph import Graph, mark
from okr_model.plan import Audience
from okr_model.scorecard import CycleCard, KeyResultCard, ObjectiveCard, PartCard, Range, Scorecard
from okr_model.site import Cell, Figure, KeyResultPage, Said, Site, Turn, source_health

GOLDEN = Path(__file__).parent / "golden"
AS_OF, BEFORE = date(2026, 11, 22), date(2026, 11, 15)
CYCLE = CycleCard(id="2026-Q4", start=date(2026, 10, 1), end=date(2027, 1, 1), timezone="Europe/Berlin", state="open")


def midnight_after(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, 23, tzinfo=UTC).timestamp() * 1000)


def reading(metric: str, as_of: date, value: float, **more: object) -> Reading:
    end = midnight_after(as_of)
    known: dict[str, object] = {
        "metric": metric,
        "as_of": as_of,
        "window": Span(start=end - 7 * 86_400_000, end=end),
        "zone": "Europe/Berlin",
        "state": "ok",
        "value": value,
        "exact": str(value),
        "n": 8211,
        "definition": "d" * 12,
        "recorded_at": end + 10_800_000,
        "run_id": "r1",
    }
    return Reading(**{**known, **more})  # type: ignore[arg-type]


REVIEW = KeyResultCard(
    id="review-time",
    title="Reduce average content review time from 24 to 12 hours",
    objective="moderation",
    owner="ana@example.org",
    status="Off Track",
    reason="3.2 h above plan (covers 16 to 22 Nov)",
    actual=19.6,
    unit="hours",
    better="lower",
    start=24,
    target=12,
    target_text="12 h",
    planned=16.4,
    progress=0.367,
    expected=0.633,
    forecast=Range(low=17, high=19),
    reading=reading("review_hours", AS_OF, 19.6, open=212, oldest_open=midnight_after(date(2026, 11, 12))),
    metrics=("review_hours",),
    sources=("trust-queue (ozone 1)",),
    needs="18.7 h or less by 29 Nov for At Risk",
)
AI = KeyResultCard(
    id="ai-coverage",
    title="AI-assisted moderation covers 80% of flagged content",
    objective="moderation",
    owner="ana@example.org",
    status="On Track",
    reason="8 points above plan",
    actual=58.1,
    unit="percent",
    better="higher",
    start=0,
    target=80,
    target_text="80 %",
    planned=50,
    progress=0.726,
    expected=0.63,
    reading=reading("ai_coverage", date(2026, 11, 21), 58.1, n=12930),
    metrics=("ai_coverage",),
    sources=("trust-queue (ozone 1)",),
)
TRAINED = KeyResultCard(
    id="trained",
    title="Train 100% of the moderation team on updated community guidelines",
    objective="moderation",
    owner="chi@example.org",
    status="Complete",
    reason="42 of 42 active moderators, held since 15 Nov",
    actual=100,
    unit="percent",
    better="higher",
    start=0,
    target=100,
    target_text="100 %",
    progress=1.0,
    expected=0.8,
    reading=reading("trained", AS_OF, 100.0, numerator=42, denominator=42, n=42),
    metrics=("trained",),
    sources=("roster (table 1)",),
)
MONITORING = KeyResultCard(
    id="monitoring",
    title="Real-time transaction monitoring with 95% accuracy",
    objective="fraud",
    owner="bo.lind@example.org",
    status="Stale",
    reason="the last value, 96.1 %, is of 17 Nov, 5 days old",
    actual=96.1,
    unit="percent",
    better="higher",
    target=95,
    target_text="at least 95 % every month",
    progress=None,
    reading=reading("monitoring_accuracy", date(2026, 11, 17), 96.1, n=40_210),
    parts=(
        PartCard(name="live", kind="milestone", status="Complete", reason="done on 4 Nov", progress=1.0),
        PartCard(
            name="Monitoring accuracy",
            kind="maintain",
            status="Stale",
            reason="the last value, 96.1 %, is of 17 Nov, 5 days old",
            actual=96.1,
            unit="percent",
            target=95,
            target_text="at least 95 % every month",
            periods=(("2026-10", "met"), ("2026-11", "unknown")),
        ),
    ),
    metrics=("monitoring_accuracy",),
    sources=("payments (stripe 1)",),
)
FEEDBACK = KeyResultCard(
    id="feedback",
    title="Collect and analyze user feedback from 200 reporters",
    objective="fraud",
    status="Too Early",
    reason="judged from 15 Dec on",
    actual=0,
    unit="count",
    better="higher",
    start=0,
    target=200,
    target_text="200",
    progress=0,
    expected=0,
    reading=reading("feedback_answers", AS_OF, 0, n=0),
    metrics=("feedback_answers",),
    sources=("helpdesk (zendesk 1)",),
)


def changed(card: KeyResultCard, **fields: object) -> KeyResultCard:
    return msgspec.structs.replace(card, **fields)


def scorecard(as_of: date, *cards: KeyResultCard) -> Scorecard:
    titles = {"moderation": "Enhance Content Moderation Efficiency", "fraud": "Strengthen Fraud Detection"}
    objectives = tuple(
        ObjectiveCard(
            id=name,
            title=title,
            status="Off Track" if name == "moderation" else "Stale",
            reason="the worst of its key results",
            owner="bo.lind@example.org",
            progress=Range(low=0.61, high=0.61) if name == "moderation" else Range(low=0.41, high=0.74),
            key_results=tuple(card for card in cards if card.objective == name),
        )
        for name, title in titles.items()
    )
    return Scorecard(
        as_of=as_of, evaluated_at=midnight_after(as_of) + 10_800_000, run_id="r1", cycle=CYCLE, objectives=objectives
    )


@pytest.fixture
def now() -> Scorecard:
    return scorecard(AS_OF, REVIEW, AI, TRAINED, MONITORING, FEEDBACK)


@pytest.fixture
def before() -> Scorecard:
    return scorecard(
        BEFORE,
        changed(REVIEW, status="At Risk", actual=18.4, reading=reading("review_hours", BEFORE, 18.4)),
        changed(AI, actual=54.0, reading=reading("ai_coverage", date(2026, 11, 14), 54.0)),
        changed(TRAINED, status="On Track", actual=97.6, reading=reading("trained", BEFORE, 97.6)),
        changed(MONITORING, reading=reading("monitoring_accuracy", date(2026, 11, 14), 96.0)),
        FEEDBACK,
    )


@pytest.fixture
def histories(now: Scorecard) -> dict[str, Spark]:
    first = AS_OF - timedelta(days=55)
    courses = {}
    for card in now.cards():
        assert card.reading is not None
        start, end = card.start if card.start is not None else 94.0, card.actual or 0.0
        readings = [
            reading(
                card.reading.metric,
                first + timedelta(days=n),
                _wobble(start, end, n),
            )
            for n in range(56)
            if n not in range(22, 27) and (card.id != "monitoring" or n < 51)
        ]
        line = (lambda day, card=card: _planned(card, day)) if card.start is not None else (lambda _: None)
        courses[card.id] = course(card, readings, first, AS_OF, line)
    return courses


def _wobble(start: float, end: float, place: int) -> float:
    return round(start + (end - start) * place / 55 + (place * 7 % 5) / 9 * (place < 55), 2)


def _planned(card: KeyResultCard, day: date) -> float:
    assert card.start is not None
    assert card.target is not None
    gone = min(max((day - CYCLE.start).days / 92, 0), 1)
    return card.start + (card.target - card.start) * gone


@pytest.fixture
def check_ins() -> list[CheckIn]:
    return [
        CheckIn(
            key_result="review-time",
            as_of=date(2026, 11, 20),
            recorded_at=midnight_after(date(2026, 11, 20)),
            by="ana@example.org",
            challenge="two appeals reviewers left; backfill in week 49.",
            insight="half of the appeals repeat the first decision.",
            confidence=4,
        )
    ]


@pytest.fixture
def audience() -> Audience:
    return Audience.model_validate(
        {"id": "leadership", "to": ("vp@example.org",), "every": {"on": "monday", "at": "08:00"}}
    )


@pytest.fixture
def digest(
    now: Scorecard, before: Scorecard, histories: dict[str, Spark], check_ins: list[CheckIn], audience: Audience
) -> Digest:
    return build(
        now,
        before,
        histories=histories,
        check_ins=check_ins,
        audience=audience,
        period="2026-11-23T08:00",
        link="https://okr.example.org/",
        broken=("payments",),
    )


@pytest.fixture
def outcomes() -> list[SourceOutcome]:
    done = midnight_after(AS_OF) + 10_800_000
    return [
        SourceOutcome(
            name="trust-queue",
            state="ok",
            connector="ozone 1",
            facts={"review": Stored(stored=644, unchanged=8000)},
            complete_to=done,
            requests=9,
            pages=9,
        ),
        SourceOutcome(
            name="payments",
            state="failed",
            connector="stripe 1",
            error=SourceError(kind="config", message="stripe refused the key (401)"),
            complete_to=done - 5 * 86_400_000,
        ),
        SourceOutcome(name="helpdesk", state="ok", connector="zendesk 1", complete_to=done),
    ]


@pytest.fixture
def coverages() -> list[Coverage]:
    return [Coverage(source="trust-queue", fact="review", start=None, complete_to=midnight_after(AS_OF))]


def golden(name: str, found: str) -> None:
    """Compares with a kept file; `OKR_WRITE_GOLDEN=1` writes it anew."""
    file = GOLDEN / name
    if os.environ.get("OKR_WRITE_GOLDEN"):
        file.parent.mkdir(exist_ok=True)
        file.write_text(found, encoding="utf-8")
    assert found == file.read_text(encoding="utf-8")


def in_cycle(spark: Spark) -> Spark:
    first = spark.days.index(CYCLE.start)
    return msgspec.structs.replace(
        spark, days=spark.days[first:], values=spark.values[first:], planned=spark.planned[first:]
    )


def page_of(card: KeyResultCard, spark: Spark, check_ins: list[CheckIn]) -> KeyResultPage:
    said = [
        Said(one.as_of, one.recorded_at, note_of(one, card.title)) for one in check_ins if one.key_result == card.id
    ]
    parts = card.parts or (
        PartCard(
            name=card.title,
            kind="increase",
            status=card.status,
            reason=card.reason,
            unit=card.unit,
            target=card.target,
            target_text=card.target_text,
            periods=card.periods,
        ),
    )
    drawn = Graph(
        spark=in_cycle(spark),
        first=CYCLE.start,
        last=CYCLE.end - timedelta(days=1),
        forecast=card.forecast,
        before=((date(2026, 11, 10), 21.7),) if card.id == "review-time" else (),
        marks=tuple(mark(each.note, each.day) for each in said),
    )
    figures = []
    for part in parts:
        cells = tuple(Cell(label, word, 96.4 if word == "met" else None) for label, word in part.periods)
        graph = None if cells or part.kind == "milestone" else drawn
        figures.append(Figure(part=part, graph=graph, cells=cells, lines=("number: 19.6 h", f"judged: {part.reason}")))
    beliefs = () if card.reading is None else (Belief(card.reading, None),)
    return KeyResultPage(
        card=card,
        figures=tuple(figures),
        beliefs=beliefs,
        notes=tuple(reversed(said)),
        turns=(Turn(AS_OF, card.status, card.reason), Turn(CYCLE.start, "Too Early", "judged from 13 Oct on")),
        remarks=("baseline 24 h over 1 Jul to 30 Sep (n = 9,000); pinned on 30 Oct, so it stays",),
    )


@pytest.fixture
def site(
    now: Scorecard,
    histories: dict[str, Spark],
    check_ins: list[CheckIn],
    outcomes: list[SourceOutcome],
    coverages: list[Coverage],
) -> Site:
    at = midnight_after(AS_OF) + 10_800_000
    sources = [source_health(each.name, (at, each), at, coverages, now) for each in outcomes]
    return Site(
        scorecard=now,
        pages=tuple(page_of(card, histories[card.id], check_ins) for card in now.cards()),
        sources=(*sources, source_health("warehouse", None, None, coverages, now)),
        due="Due by 25 Nov: Bo (monitoring).",
    )
