"""What an audience is told to have changed since the last digest it was sent, and what it is never told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import msgspec
import pytest

from okr_model.changes import changes, sentences
from okr_model.check_ins_due import due_sentence
from okr_model.courses import course
from okr_model.digest import Digest, Line, Notes, Section, Spark, Table
from okr_model.digest_builder import build
from okr_model.durations import parse_duration
from okr_model.exchange import CheckIn, Reading, Span
from okr_model.plan import Audience
from okr_model.scorecard import CycleCard, KeyResultCard, ObjectiveCard, PartCard, Range, Scorecard
from okr_model.small_counts import smallest_count
from okr_model.words import person

DAY = 86_400_000
ALL = Audience.model_validate({"id": "all", "every": {"on": "monday", "at": "08:00"}})
FEW = Audience.model_validate({"id": "few", "every": {"on": "monday", "at": "08:00"}, "small_counts": 5})


def reading(day: int, value: float, **more: Any) -> Reading:
    end = (date(2026, 11, day) - date(1970, 1, 1)).days * DAY + DAY
    known: dict[str, Any] = {"metric": "m", "zone": "UTC", "state": "ok", "n": 100, "definition": "a"}
    known |= {"as_of": date(2026, 11, day), "window": Span(start=end - 7 * DAY, end=end)}
    known |= {"value": value, "exact": str(value), "recorded_at": end}
    return Reading(**(known | more))


def card(name: str = "kr", status: str = "On Track", **more: Any) -> KeyResultCard:
    known: dict[str, Any] = {"id": name, "title": f"Title of {name}", "objective": "o", "status": status}
    known |= {"reason": "said so", "unit": "hours", "target": 12, "target_text": "12 h", "owner": "ana@example.org"}
    return KeyResultCard(**(known | more))


def board(*cards: KeyResultCard, day: int = 22) -> Scorecard:
    cycle = CycleCard(
        id="2026-Q4", start=date(2026, 10, 1), end=date(2027, 1, 1), timezone="Europe/Berlin", state="open"
    )
    objective = ObjectiveCard(
        id="o", title="O", status="x", reason="7 of them", progress=Range(low=0.5, high=0.6), key_results=cards
    )
    return Scorecard(
        as_of=date(2026, 11, day), evaluated_at=day * DAY, run_id="r", cycle=cycle, objectives=(objective,)
    )


def told(now: Scorecard, before: Scorecard | None, audience: Audience = ALL, **more: Any) -> Digest:
    known: dict[str, Any] = {"histories": {}, "check_ins": (), "period": "2026-11-23T08:00"}
    return build(now, before, audience=audience, **(known | more))


def section(digest: Digest, heading: str) -> Section:
    [found] = [block for block in digest.blocks if isinstance(block, Section) and block.heading.startswith(heading)]
    return found


def words(line: Line) -> tuple[str, str | None, str]:
    return line.status, line.was, line.why


def test_nothing_before_nothing_changed() -> None:
    assert changes(board(card()), None) == []
    assert changes(board(card()), board(card(), day=15)) == []


def test_the_worst_news_come_first() -> None:
    now = board(card("a", "Complete"), card("b", "At Risk"), card("c", "Off Track"), card("d", "Stale"))
    before = board(*(card(name, "On Track") for name in "abcd"), day=15)
    assert [line.status for line in changes(now, before)] == ["Off Track", "Stale", "At Risk", "Complete"]


def test_a_slip_says_by_how_much_and_what_would_help() -> None:
    now = board(card(status="Off Track", actual=19.6, planned=16.4, reading=reading(22, 19.6), needs="18.7 h or less"))
    before = board(card(status="At Risk", actual=18.4, reading=reading(15, 18.4)), day=15)
    assert [words(line) for line in changes(now, before)] == [
        ("Off Track", "At Risk", "19.6 h, planned 16.4 h. Up 1.2 h. Said so. Needs 18.7 h or less.")
    ]


def test_no_difference_is_told_where_there_was_no_value() -> None:
    now = board(card(status="Off Track", actual=0.0, reading=reading(22, 0.0)))
    before = board(card(status="No Data"), day=15)
    assert words(changes(now, before)[0]) == ("Off Track", "No Data", "0 h. Said so.")
    assert words(changes(before, now)[0]) == ("No Data", "Off Track", "Said so.")


def test_a_corrected_number_is_restated() -> None:
    now = board(card(actual=1.58, reading=reading(15, 1.58)))
    before = board(card(actual=1.52, reading=reading(15, 1.52)))
    assert [words(line) for line in changes(now, before)] == [
        ("Restated", None, "9 to 15 Nov is now 1.6 h, was 1.5 h.")
    ]


def test_a_corrected_period_is_restated_and_a_period_that_ends_is_not() -> None:
    def parts(*periods: tuple[str, str]) -> tuple[PartCard, ...]:
        return (PartCard(name="Speed", kind="maintain", status="On Track", reason="", periods=periods),)

    now = board(card(parts=parts(("2026-W45", "not met"), ("2026-W46", "met"))))
    before = board(card(parts=parts(("2026-W45", "met"), ("2026-W46", "running"))), day=15)
    assert [line.why for line in changes(now, before)] == ["Speed: 2026-W45 is now not met, was met."]


@pytest.mark.parametrize(
    ("fields", "word", "why"),
    [
        ({"target": 10, "target_text": "10 h"}, "Target changed", "Now 10 h, was 12 h."),
        ({"start": 30}, "Target changed", "Counted from 30 h, was from –."),
        ({"reading": reading(22, 9.0, definition="b")}, "Definition changed", "M is measured another way from now on."),
        ({"computed": "Stale"}, "Overridden", "Shown as On Track, computed Stale: said so."),
    ],
)
def test_what_moved_the_goal(fields: dict[str, Any], word: str, why: str) -> None:
    before = board(card(reading=reading(15, 9.0)), day=15)
    [line] = changes(board(card(**({"reading": reading(22, 9.0)} | fields))), before)
    assert (line.status, line.why) == (word, why)


def test_new_and_gone() -> None:
    lines = changes(board(card("b")), board(card("a"), day=15))
    assert [(line.status, line.key_result) for line in lines] == [("New", "b"), ("Gone", "a")]


# --- the digest ------------------------------------------------------------------------------------------------------


def test_the_first_digest_says_that_it_is() -> None:
    digest = told(board(card("a"), card("b"), card("c", "No Data")), None)
    assert digest.headline == "Two key results are On Track. One number is not known."
    assert section(digest, "What changed").empty.startswith("This is the first digest")
    assert digest.lede == "2 of 3 can be judged: 2 On Track. 39 days left."


def test_nothing_changed_is_one_line() -> None:
    digest = told(board(card()), board(card(), day=15))
    assert digest.headline == "No status changed. Every number is known."
    assert digest.subject == "OKRs Q4 2026, week 47: nothing changed"
    assert section(digest, "What changed").empty == "Nothing changed since 15 November."


def test_a_number_not_known_is_never_hidden_by_good_news() -> None:
    digest = told(board(card("a", "Complete"), card("b", "Stale")), board(card("a"), card("b", "Stale"), day=15))
    assert digest.headline == "One key result is done. One number is not known."


def test_a_number_that_stands_on_older_data_is_owned_up_to() -> None:
    now = board(card("a", sources=("payments",)), card("b"))
    digest = told(now, board(card("a"), card("b"), day=15), broken=("payments",))
    assert digest.headline == "No status changed. One number stands on older data."


def test_a_milestone_is_done_or_not_and_no_number() -> None:
    part = PartCard(name="out", kind="milestone", status="Too Early", reason="", target=1, target_text="out")
    own = card(status="Too Early", parts=(part,), actual=0.0, progress=0.0, unit="", target=1, target_text="out")
    [table] = [block for block in told(board(own), None).blocks if isinstance(block, Table)]
    assert (table.rows[0].actual, table.rows[0].target) == ("not done", "out")


def test_what_is_not_known_says_who_mends_it() -> None:
    now = board(
        card("a", "Stale", sources=("payments (stripe 1)",)),
        card("b", "No Data", sources=("roster (table 1)",)),
        card("c", "Too Early"),
        card("d", "On Track", sources=("payments",), notes=("the last pull failed: payments: refused (401)",)),
    )
    lines = section(told(now, None, broken=("payments",)), "What is not known").lines
    assert [(line.key_result, line.why) for line in lines] == [
        ("b", "Said so."),
        ("a", "Said so. The source payments could not be read; operations has been told."),
        ("c", "Said so."),
        ("d", "Said so. The last pull failed: payments: refused (401). Operations has been told."),
    ]


def test_an_audience_sees_its_objectives_only() -> None:
    other = Audience.model_validate({"id": "x", "every": {"on": "monday", "at": "08:00"}, "objectives": ("p",)})
    digest = told(board(card(status="Off Track")), None, other)
    assert "Title of kr" not in repr(digest)
    assert digest.lede.startswith("0 of 0")


def test_progress_is_shown_clamped() -> None:
    [table] = [
        block for block in told(board(card(progress=-0.4, expected=1.7)), None).blocks if isinstance(block, Table)
    ]
    assert (table.rows[0].progress, table.rows[0].expected) == (0, 1)


# --- small counts ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Secret:
    """Two weeks in which the later one stands on too few."""

    now: Scorecard
    before: Scorecard
    histories: dict[str, Spark]


@pytest.fixture
def secret() -> Secret:
    few = reading(22, 98.7654, numerator=197.5308, denominator=200, n=3)
    many = reading(15, 55.4321, n=300)
    shown: dict[str, Any] = {"unit": "percent", "target": 99, "target_text": "99 %"}
    shown["metrics"] = ("m",)
    now = card(status="Off Track", actual=98.7654, reading=few, reason="98.7654 it is", notes=("98.7654",), **shown)
    before = card(actual=55.4321, reading=many, **shown)
    histories = {"kr": course(now, [few, many], date(2026, 11, 8), date(2026, 11, 22))}
    return Secret(board(now), board(before, day=15), histories)


def test_few_cases_are_hidden_everywhere_at_once(secret: Secret) -> None:
    digest = told(secret.now, secret.before, FEW, histories=secret.histories)
    everything = repr(digest)
    assert "98.7" not in everything
    assert "43.3" not in everything  # the difference
    assert "50 to 60" not in everything  # the objective's progress would tell it
    assert "hidden" in everything
    [table] = [block for block in digest.blocks if isinstance(block, Table)]
    spark = table.rows[0].spark
    assert spark is not None
    assert [value for value in spark.values if value is not None] == [55.4321]
    assert "98.7" in repr(told(secret.now, secret.before, ALL, histories=secret.histories))


def test_what_was_hidden_last_week_is_not_told_by_this_weeks_difference(secret: Secret) -> None:
    swapped = told(secret.before, secret.now, FEW, histories=secret.histories)
    assert "98.7" not in repr(swapped)
    assert "43.3" not in repr(swapped)


@pytest.mark.parametrize(
    ("fields", "smallest"),
    [
        ({"value": 40.0, "numerator": 40, "denominator": 100, "n": 100}, 40),
        ({"value": 98.0, "numerator": 98, "denominator": 100, "n": 100}, 2),
        ({"value": 0.0, "numerator": 0, "denominator": 100, "n": 100}, 100),
        ({"value": 2.0, "numerator": 200.0, "denominator": 100, "n": 100}, 100),
        ({"value": 0.0, "n": 0}, 0),
        ({"value": 3.0, "n": 3}, 3),
    ],
)
def test_the_smallest_count_a_reading_gives_away(fields: dict[str, Any], smallest: int) -> None:
    assert smallest_count(msgspec.structs.replace(reading(22, 1.0), **fields)) == smallest


# --- check-ins and courses -------------------------------------------------------------------------------------------


def check_in(day: int, **more: Any) -> CheckIn:
    return CheckIn(key_result="kr", as_of=date(2026, 11, day), recorded_at=day * DAY, by="bo.lind@example.org", **more)


@pytest.mark.parametrize(
    ("day", "last", "expected"),
    [
        (22, 20, ""),
        (22, 5, "Due by 25 Nov: Ana (kr)."),
        (12, 5, ""),  # due, but not within a week
        (22, None, "Overdue since 11 Nov: Ana (kr)."),
    ],
)
def test_who_owes_a_check_in(day: int, last: int | None, expected: str) -> None:
    given = [] if last is None else [check_in(last)]
    assert due_sentence(board(card(), day=day), given, parse_duration("2 weeks")) == expected
    assert due_sentence(board(card(status="Complete"), day=day), [], parse_duration("2 weeks")) == ""


def test_only_check_ins_since_the_last_digest_are_told() -> None:
    given = (check_in(14, note="old"), check_in(20, challenge="two left", confidence=4), check_in(21))
    [notes] = [b for b in told(board(card()), board(card(), day=15), check_ins=given).blocks if isinstance(b, Notes)]
    [note] = notes.notes
    assert (note.who, note.when) == ("Bo Lind, on kr", "20 November, confidence 4 of 10")
    assert note.texts == (("Challenge", "two left"),)
    assert person(None) == "nobody named"


def test_a_course_in_words() -> None:
    days = [reading(day, value) for day, value in ((8, 20.0), (9, 10.0), (11, 15.5))]
    failed = msgspec.structs.replace(reading(12, 0.0), state="none", value=None, exact=None, reason="source_error: 401")
    spark = course(card(reading=days[-1]), [*days, failed], date(2026, 11, 8), date(2026, 11, 13))
    assert spark.values == (20.0, 10.0, None, 15.5, None, None)
    assert spark.counts == (100, 100, None, 100, None, None)
    assert spark.sentence == (
        "From 20 h on 8 Nov down to 15.5 h on 11 Nov; lowest 10 h; target 12 h; 1 day without a value"
    )
    later = msgspec.structs.replace(days[0], value=21.0, recorded_at=days[0].recorded_at + 1)
    corrected = course(card(reading=later), [later, *days], date(2026, 11, 8), date(2026, 11, 8))
    assert corrected.values == (21.0,)
    assert course(card(), [], date(2026, 11, 8), date(2026, 11, 9)).sentence == "No value in these days"
    assert corrected.days == (date(2026, 11, 13) - timedelta(days=5),)


def test_a_course_is_drawn_beside_the_target_of_its_own_part() -> None:
    parts = (
        PartCard(name="out", kind="milestone", status="Too Early", reason="", target=1, target_text="out"),
        PartCard(
            name="M",
            kind="increase",
            status="On Track",
            reason="",
            target=200,
            unit="count",
            metric="m",
            target_text="200",
        ),
    )
    own = card(parts=parts, metrics=("m",), target=1, unit="", target_text="out")
    spark = course(own, [reading(8, 20.0)], date(2026, 11, 8), date(2026, 11, 8))
    assert (spark.target, spark.unit, spark.sentence) == (200, "count", "20 on 8 Nov; target 200")


def test_sentences_are_closed_once() -> None:
    assert sentences("a", "", " b. ", "C!") == "A. B. C!"
