"""Measures against a naive second calculation over the same rows, and their edges one by one."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, delete

from ledger import fact_tables, pulls
from ledger.database import begin, read
from ledger.fact_tables import TABLES
from ledger.measures import measure
from okr_model.exchange import Measured, Page, Question, Span
from okr_model.facts import Account, Audit, Fact, Feedback, Member, Review, Ticket, Training, Transaction
from okr_model.metrics import Metric

HASHER = pulls.PersonHasher(b"a key of the tests", "k1")
HOUR = 3_600_000
DAY = 24 * HOUR
KNOWN = 30 * DAY
QUICK = settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True)


@pytest.fixture
def ledger(empty: Engine) -> Engine:
    fact_tables.prepare(empty)
    return empty


def fill(engine: Engine, fact: str, facts: Sequence[Fact], source: str = "desk") -> None:
    part = pulls.open_slice(engine, source, fact, needed_from=None, now=KNOWN, supply_lookback=0, everything=False)
    pulls.store_page(engine, source, fact, part, Page(facts=tuple(facts)), HASHER, signals=False)


def metric(fact: str, what: Any, **more: Any) -> Metric:
    defaults: dict[str, Any] = {"window": "cycle_to_date", "unit": "x", "better": "higher"}
    return Metric.model_validate(defaults | {"id": "m", "fact": fact, "measure": what} | more)


def question(start: int | None, end: int, known_to: int, **more: Any) -> Question:
    window = Span(start=start, end=end)
    given_: dict[str, Any] = {"metric": "m", "as_of": date(2026, 1, 1), "zone": "Europe/Berlin"} | more
    return Question(window=window, known_to=known_to, **given_)


def ask(engine: Engine, one: Metric, start: int | None = 0, end: int = KNOWN, known_to: int = KNOWN) -> Measured:
    with read(engine) as connection:
        return measure(connection, [(one, question(start, end, known_to))])[0]


# --- against a naive calculation -------------------------------------------------------------------------------------

instants = st.integers(0, 40).map(lambda steps: steps * 6 * HOUR)
maybe = st.none() | instants
flags = st.sampled_from([None, True, False])
few = st.lists(st.tuples(instants, maybe, maybe, flags, flags, st.sampled_from([None, "a", "b", "c"])), max_size=12)
times = st.tuples(instants, instants, instants).map(sorted)


def known(at: int | None, known_to: int) -> int | None:
    return at if at is not None and at < known_to else None


def share(numerator: int, denominator: int) -> tuple[Any, ...]:
    value = Fraction(100 * numerator, denominator) if denominator else None
    return value, Fraction(numerator), Fraction(denominator), denominator


def emptied(engine: Engine, fact: str) -> None:
    with begin(engine) as connection:
        connection.execute(delete(TABLES[fact]))


@QUICK
@given(drawn=few, when=times)
def test_tickets_as_by_hand(ledger: Engine, drawn: list[tuple[Any, ...]], when: list[int]) -> None:
    start, end, known_to = when
    tickets = [
        Ticket(id=str(n), created_at=a, resolved_at=b, reopened_at=c, category="user_report" if d else None, reporter=r)
        for n, (a, b, c, d, _, r) in enumerate(drawn)
    ]
    emptied(ledger, "ticket")
    fill(ledger, "ticket", tickets)
    limit = 2 * DAY
    inside = [t for t in tickets if start <= t.created_at < min(end, known_to)]
    judged = [t for t in inside if t.created_at + limit < known_to]

    def met(ticket: Ticket) -> bool:
        done, again = known(ticket.resolved_at, known_to), known(ticket.reopened_at, known_to)
        if done is None or not 0 <= done - ticket.created_at <= limit:
            return False
        return not (again is not None and again <= ticket.created_at + limit and done < again)

    bad = [t for t in judged if t.resolved_at is not None and t.resolved_at < t.created_at]
    within = metric("ticket", {"within": {"limit": "48h", "from": "created_at", "to": "resolved_at"}}, on="created_at")
    found = ask(ledger, within, start, end, known_to)
    assert (found.value, found.numerator, found.denominator, found.n) == share(sum(map(met, judged)), len(judged))
    assert (found.dropped, found.pending) == (len(bad), len(inside) - len(judged))

    where = {"category": "user_report"}
    distinct = metric("ticket", {"share_distinct": {"of": "reporter", "where": where}}, on="created_at")
    found = ask(ledger, distinct, start, end, known_to)
    people = {t.reporter for t in inside if t.reporter}
    matching = {t.reporter for t in inside if t.reporter and t.category == "user_report"}
    assert (found.value, found.numerator, found.denominator, found.n) == share(len(matching), len(people))

    part = metric("ticket", {"share": {"where": {"resolved_at": "present"}, "of": {"where": where}}}, on="created_at")
    found = ask(ledger, part, start, end, known_to)
    base = [t for t in inside if t.category == "user_report"]
    done = [t for t in base if known(t.resolved_at, known_to) is not None]
    assert (found.value, found.numerator, found.denominator, found.n) == share(len(done), len(base))


def quantile(values: list[Fraction], q: Fraction) -> Fraction | None:
    if not values:
        return None
    place = q * (len(values) - 1)
    low, high = sorted(values)[math.floor(place)], sorted(values)[math.ceil(place)]
    return low + (high - low) * (place - math.floor(place))


@QUICK
@given(drawn=few, when=times)
def test_reviews_as_by_hand(ledger: Engine, drawn: list[tuple[Any, ...]], when: list[int]) -> None:
    start, end, known_to = when
    reviews = [
        Review(id=str(n), reported_at=a, decided_at=b, decided_by=(b and ("human" if d else "automation")), queue=r)
        for n, (a, b, _, d, _, r) in enumerate(drawn)
    ]
    emptied(ledger, "review")
    fill(ledger, "review", reviews)
    span, where = {"hours": ["reported_at", "decided_at"]}, {"decided_by": "human", "queue": ["a", "b"]}
    queued = [r for r in reviews if r.queue in ("a", "b")]
    counted = [
        r
        for r in queued
        if r.decided_at is not None and start <= r.decided_at < min(end, known_to) and r.decided_by == "human"
    ]
    # A report that is not known yet cannot be subtracted from its decision.
    whole = [Fraction(r.decided_at - r.reported_at, HOUR) for r in counted if r.decided_at and r.reported_at < known_to]
    hours = [value for value in whole if value >= 0]
    waiting = [r.reported_at for r in queued if r.reported_at < known_to and known(r.decided_at, known_to) is None]
    checks: list[tuple[Any, Fraction | None]] = [
        ({"mean": span}, sum(hours, Fraction(0)) / len(hours) if hours else None),
        ({"median": span}, quantile(hours, Fraction(1, 2))),
        ({"quantile": {"q": 0.9, "of": span}}, quantile(hours, Fraction(9, 10))),
        ({"sum": span}, sum(hours, Fraction(0))),
    ]
    for what, value in checks:
        found = ask(ledger, metric("review", what, on="decided_at", where=where), start, end, known_to)
        assert (found.value, found.n, found.dropped) == (value, len(hours), len(whole) - len(hours)), what
        if "sum" not in what:
            assert (found.open, found.oldest_open) == (len(waiting), min(waiting, default=None)), what
        if "mean" in what:
            assert (found.numerator, found.denominator) == (sum(hours, Fraction(0)), Fraction(len(hours)))


@QUICK
@given(drawn=few, when=times, matured=st.booleans(), unlabelled=st.sampled_from(["negative", "drop"]))
def test_predictions_as_by_hand(
    ledger: Engine,
    drawn: list[tuple[Any, ...]],
    when: list[int],
    matured: bool,  # noqa: FBT001 -- drawn by name
    unlabelled: str,
) -> None:
    start, end, known_to = when
    payments = [
        Transaction(id=str(n), occurred_at=a, labelled_at=b, flagged=d, fraud=e)
        for n, (a, b, _, d, e, _) in enumerate(drawn)
    ]
    emptied(ledger, "transaction")
    fill(ledger, "transaction", payments)
    inside = [p for p in payments if start <= p.occurred_at < min(end, known_to)]

    def actual(payment: Transaction) -> bool | None:
        late = payment.labelled_at is None if matured else False
        if payment.labelled_at is not None:
            late = payment.labelled_at >= known_to or (matured and payment.labelled_at > payment.occurred_at + 3 * DAY)
        truth = None if late else payment.fraud
        return False if truth is None and unlabelled == "negative" else truth

    cells = [(p.flagged, actual(p)) for p in inside if p.flagged is not None and actual(p) is not None]
    tp, fp, fn, tn = (cells.count(cell) for cell in ((True, True), (True, False), (False, True), (False, False)))
    both = tp + fn and tn + fp
    balanced = 50 * (Fraction(tp, tp + fn) + Fraction(tn, tn + fp)) if both else None
    checks: dict[str, Any] = {
        "accuracy": share(tp + tn, len(cells)),
        "precision": share(tp, tp + fp),
        "recall": share(tp, tp + fn),
        "balanced_accuracy": (balanced, None, None, len(cells)),
    }
    for kind, expected in checks.items():
        what = {kind: {"predicted": "flagged", "actual": "fraud", "unlabelled": unlabelled}}
        more = {"mature": "3d"} if matured else {}
        found = ask(ledger, metric("transaction", what, on="occurred_at", **more), start, end, known_to)
        assert (found.value, found.numerator, found.denominator, found.n) == expected, kind
        assert found.dropped == sum(p.flagged is None for p in inside)


# --- edges -----------------------------------------------------------------------------------------------------------

COUNT: dict[str, Callable[..., Metric]] = {"ticket": lambda **more: metric("ticket", "count", on="created_at", **more)}


def test_nothing_in_the_window_is_zero_for_a_count_and_a_sum_and_no_value_for_the_rest(ledger: Engine) -> None:
    span = {"hours": ["reported_at", "decided_at"]}
    assert ask(ledger, metric("review", "count", on="reported_at")) == Measured(value=Fraction(0))
    assert ask(ledger, metric("review", {"sum": span}, on="reported_at")).value == Fraction(0)
    assert ask(ledger, metric("feedback", {"sum": "score"}, on="received_at")).value == Fraction(0)
    for what in ({"mean": span}, {"median": span}, {"latest": span}, {"share": {"where": {"queue": "a"}}}):
        assert ask(ledger, metric("review", what, on="reported_at")).value is None


def test_the_window_is_half_open_and_a_share_is_a_percentage(ledger: Engine) -> None:
    fill(
        ledger,
        "ticket",
        [Ticket(id=str(at), created_at=at, channel="in_app" if at == 10 else None) for at in range(9, 21)],
    )
    assert ask(ledger, COUNT["ticket"](), 10, 20).value == 10
    assert ask(ledger, COUNT["ticket"](), None, 20).value == 11
    assert (
        ask(ledger, metric("ticket", {"share": {"where": {"channel": "in_app"}}}, on="created_at"), 10, 20).value == 10
    )


def test_a_share_of_rows_that_do_not_tell_what_it_asks_is_empty(ledger: Engine) -> None:
    """Where some tell, it is of all rows; a verdict that may still come is a no."""
    assisted = {"a": True, "b": False, "c": None, "d": None}
    fill(ledger, "review", [Review(id=s, reported_at=1, subject=s, assisted=told) for s, told in assisted.items()])
    fill(ledger, "review", [Review(id="c2", reported_at=1, subject="c", assisted=False)], source="other")
    for what, *found in (
        ({"share": {"where": {"assisted": True}}}, 1, 5, 2),
        ({"share_distinct": {"of": "subject", "where": {"assisted": True}}}, 1, 4, 1),
        ({"share": {"where": {"assisted": "present"}}}, 3, 5, 0),
        ({"share": {"where": {"decided_by": "human"}}}, 0, 5, 0),
    ):
        answer = ask(ledger, metric("review", what, on="reported_at"))
        assert [answer.numerator, answer.denominator, answer.dropped] == found, what
    untold = metric("review", {"share": {"where": {"assisted": True}}}, on="reported_at", where={"id": ["c", "d"]})
    assert (ask(ledger, untold).value, ask(ledger, untold).dropped) == (None, 2)


def test_retracted_rows_do_not_count_and_all_sources_form_one_set(ledger: Engine) -> None:
    fill(ledger, "ticket", [Ticket(id="1", created_at=1, reporter="ana"), Ticket(id="2", created_at=1)])
    fill(ledger, "ticket", [Ticket(id="1", created_at=1, reporter="ana")], source="other")
    part = pulls.running(ledger, "desk", "ticket")
    assert part is not None
    pulls.store_page(ledger, "desk", "ticket", part, Page(retracted=("2",)), HASHER, signals=False)
    assert ask(ledger, COUNT["ticket"]()).value == 2
    distinct = metric(
        "ticket", {"share_distinct": {"of": "reporter", "where": {"created_at": "present"}}}, on="created_at"
    )
    assert ask(ledger, distinct).n == 1


def test_conditions(ledger: Engine) -> None:
    scores = [1.0, 2.5, 4.0, None]
    fill(ledger, "feedback", [Feedback(id=str(n), received_at=1, score=score) for n, score in enumerate(scores)])
    for condition, n in (
        ({"at_least": 2.5}, 2),
        ({"at_most": 2.5}, 2),
        ({"at_least": 2, "at_most": 3}, 1),
        ("present", 3),
        ("absent", 1),
        ([1, 4], 2),
        (2.5, 1),
    ):
        assert ask(ledger, metric("feedback", "count", on="received_at", where={"score": condition})).n == n, condition


def test_a_mean_of_decimals_is_exact(ledger: Engine) -> None:
    fill(ledger, "feedback", [Feedback(id=str(n), received_at=n, score=s) for n, s in enumerate((4.1, 4.2, None, 4.4))])
    found = ask(ledger, metric("feedback", {"mean": "score"}, on="received_at"))
    assert (found.value, found.n, found.open) == (Fraction("12.7") / 3, 3, None)
    assert ask(ledger, metric("feedback", {"latest": "score"}, on="received_at")).value == Fraction("4.4")
    assert ask(ledger, metric("feedback", {"latest": "score"}, on="received_at"), 0, 3).value == Fraction("4.2")


def test_the_limit_is_inclusive_and_what_is_reopened_inside_it_is_a_breach(ledger: Engine) -> None:
    two = 48 * HOUR
    cases = [
        Ticket(id="at the limit", created_at=0, resolved_at=two),
        Ticket(id="too late", created_at=0, resolved_at=two + 1),
        Ticket(id="solved again inside", created_at=0, resolved_at=two, reopened_at=two - 1),
        Ticket(id="reopened inside", created_at=0, resolved_at=5, reopened_at=6),
        Ticket(id="reopened after", created_at=0, resolved_at=5, reopened_at=two + 1),
        Ticket(id="never", created_at=0),
        Ticket(id="before it came", created_at=10, resolved_at=5),
        Ticket(id="young", created_at=KNOWN - two, resolved_at=KNOWN - 1),
    ]
    fill(ledger, "ticket", cases)
    within = metric("ticket", {"within": {"limit": "48h", "from": "created_at", "to": "resolved_at"}}, on="created_at")
    found = ask(ledger, within)
    assert (found.numerator, found.denominator) == (Fraction(3), Fraction(7))
    assert (found.dropped, found.pending) == (1, 1)


def test_a_verdict_that_came_late_or_is_not_known_yet_does_not_count(ledger: Engine) -> None:
    verdicts = {"soon": 2 * DAY, "at the edge": 3 * DAY, "late": 4 * DAY, "undated": None}
    fill(
        ledger,
        "account",
        [Account(id=id_, created_at=0, admitted=True, verdict="fraud", verdict_at=at) for id_, at in verdicts.items()],
    )
    what = {"share": {"where": {"verdict": "fraud"}, "of": {"where": {"admitted": True}}}}
    assert ask(ledger, metric("account", what, on="created_at", mature="3d")).numerator == 2
    assert ask(ledger, metric("account", what, on="created_at")).numerator == 4
    assert ask(ledger, metric("account", what, on="created_at"), known_to=2 * DAY + 1).numerator == 2


def test_members_trained_by_then_among_those_there_by_then(ledger: Engine) -> None:
    fill(
        ledger,
        "member",
        [
            Member(id="trained", active=True),
            Member(id="later", active=True, joined_at=1),
            Member(id="other course", active=True),
            Member(id="left", active=True, left_at=DAY),
            Member(id="to come", active=True, joined_at=KNOWN + 1),
            Member(id="inactive", active=False),
        ],
    )
    courses = {"trained": ("g", 5), "later": ("g", 10 * DAY), "other course": ("h", 5), "left": ("g", 5)}
    enrolments = [Training(id=n, member=n, course=course, completed_at=at) for n, (course, at) in courses.items()]
    fill(ledger, "training", enrolments, source="academy")
    what = {"share": {"where": {"trained": {"course": "g"}}, "of": {"where": {"active": True}}}}
    one = metric("member", what, window="snapshot")
    found = ask(ledger, one)
    assert (found.numerator, found.denominator) == (Fraction(2), Fraction(3))
    found = ask(ledger, one, known_to=6)
    assert (found.numerator, found.denominator) == (Fraction(2), Fraction(4))


def local(year: int, month: int, day: int) -> int:
    return int(datetime(year, month, day, tzinfo=UTC).timestamp() * 1000)


def berlin(day: int, hour: int = 0) -> int:
    return int(datetime(2026, 10, day, hour, tzinfo=ZoneInfo("Europe/Berlin")).timestamp() * 1000)


def parts(found: Measured) -> tuple[int, int]:
    assert found.numerator is not None
    assert found.denominator is not None
    return int(found.numerator), int(found.denominator)


def test_days_of_maturity_and_of_a_limit_are_local_days_and_hours_are_hours(ledger: Engine) -> None:
    """The clocks of Berlin go back in the night to 25 October 2026: one day is 25 hours."""
    noon, next_noon, end = berlin(24, 12), berlin(25, 12), berlin(27)
    assert next_noon == noon + 25 * HOUR
    fill(ledger, "ticket", [Ticket(id="1", created_at=noon, resolved_at=next_noon)])
    fill(ledger, "account", [Account(id="1", created_at=noon, verdict="fraud", verdict_at=next_noon)])
    for length, hits in (("1d", 1), ("24h", 0), ("25h", 1)):
        within = {"within": {"limit": length, "from": "created_at", "to": "resolved_at"}}
        assert ask(ledger, metric("ticket", within, on="created_at"), 0, end, end).numerator == hits
        solved = metric("ticket", {"share": {"where": {"resolved_at": "present"}}}, on="created_at", mature=length)
        assert ask(ledger, solved, 0, end, end).numerator == hits
        fraud = metric("account", {"share": {"where": {"verdict": "fraud"}}}, on="created_at", mature=length)
        assert ask(ledger, fraud, 0, end, end).numerator == hits


def test_days_count_from_rows_that_began_before_the_window_too(ledger: Engine) -> None:
    began = berlin(25) + 2 * HOUR + HOUR // 2  # 02:30 for the first time, so that a day is 25 hours
    fill(ledger, "ticket", [Ticket(id="1", created_at=began, resolved_at=began + 24 * HOUR + HOUR // 2)])
    within = {"within": {"limit": "1d", "from": "created_at", "to": "resolved_at"}}
    solved = metric("ticket", within, on="resolved_at")
    assert parts(ask(ledger, solved, berlin(26), berlin(28), berlin(28))) == (1, 1)


def test_what_comes_at_the_midnight_that_ends_the_day_belongs_to_the_next(ledger: Engine) -> None:
    night = 10 * DAY
    fill(ledger, "member", [Member(id="a", active=True), Member(id="new", active=True, joined_at=night)])
    fill(ledger, "training", [Training(id="1", member="a", course="g", completed_at=night)])
    fill(ledger, "ticket", [Ticket(id="1", created_at=night - 2 * DAY, resolved_at=night)])
    trained = {"share": {"where": {"trained": {"course": "g"}}, "of": {"where": {"active": True}}}}
    within = {"within": {"limit": "48h", "from": "created_at", "to": "resolved_at"}}
    for known_to, of_members, of_tickets in ((night, (0, 1), (0, 0)), (night + 1, (1, 2), (1, 1))):
        found = ask(ledger, metric("member", trained, window="snapshot"), None, known_to, known_to)
        assert parts(found) == of_members
        found = ask(ledger, metric("ticket", within, on="created_at"), 0, known_to, known_to)
        assert parts(found) == of_tickets


def test_a_snapshot_of_an_earlier_instant_knows_nothing_later(ledger: Engine) -> None:
    fill(ledger, "member", [Member(id="a", active=True), Member(id="new", active=True, joined_at=5 * DAY)])
    fill(ledger, "training", [Training(id="1", member="a", course="g", completed_at=6 * DAY)])
    trained = metric("member", {"share": {"where": {"trained": {"course": "g"}}}}, window="snapshot")
    asked = [(trained, question(None, end * DAY, 10 * DAY)) for end in (5, 6, 7)]
    with read(ledger) as connection:
        found = measure(connection, asked)
    assert [parts(each) for each in found] == [(0, 1), (0, 2), (1, 2)]


def test_open_rows_are_open_whatever_is_too_late_to_count(ledger: Engine) -> None:
    rows = [Review(id="late", reported_at=0, decided_at=5 * DAY), Review(id="open", reported_at=1)]
    fill(ledger, "review", rows)
    one = metric("review", {"mean": {"hours": ["reported_at", "decided_at"]}}, on="reported_at", mature="2d")
    found = ask(ledger, one)
    assert (found.value, found.n, found.open, found.oldest_open) == (None, 0, 1, 1)


def test_an_audit_counts_for_the_period_it_names_else_for_the_one_it_falls_in(ledger: Engine) -> None:
    november = local(2026, 11, 5)
    periods = ["2026-10", "2026-10-31", "2026-W40", "2026-W44", "2026-W41", "2026-Q4", "2026-11", "2026-09-30"]
    audits = [Audit(id=str(n), period=period, reported_at=november) for n, period in enumerate(periods)]
    audits += [Audit(id="none, in October", completed_at=local(2026, 10, 9), reported_at=november)]
    audits += [Audit(id="none, in November", reported_at=november), Audit(id="planned", period="2026-10")]
    audits += [Audit(id="still to come", period="2026-10", completed_at=local(2026, 12, 24), reported_at=november)]
    fill(ledger, "audit", audits)
    one = metric("audit", "count", on="period", where={"reported_at": "present"}, window={"calendar": "month"})
    start, end = local(2026, 9, 30) + 22 * HOUR, local(2026, 10, 31) + 23 * HOUR  # midnights in Berlin

    def counted(start: int, end: int, period: str | None) -> int:
        asked = question(start, end, local(2026, 12, 1), period=period)
        with read(ledger) as connection:
            return measure(connection, [(one, asked)])[0].n

    assert counted(start, end, None) == 5  # the month, its last day, W40 and W41 (W44 ends in November), and a date
    assert counted(start, start + 10 * DAY, None) == 5
    assert counted(start, end, "2026-10") == 5
    assert counted(local(2026, 10, 4) + 22 * HOUR, local(2026, 10, 11) + 22 * HOUR, "2026-W41") == 2
    assert counted(start, local(2026, 12, 1), "2026-Q4") == 9
    early = question(start, end, november - 1)
    with read(ledger) as connection:
        assert measure(connection, [(one, early)])[0].n == 0


def test_many_are_answered_in_the_order_asked_as_if_each_were_alone(ledger: Engine) -> None:
    fill(ledger, "ticket", [Ticket(id=str(n), created_at=n * HOUR, resolved_at=n * 2 * HOUR) for n in range(200)])
    span = {"minutes": ["created_at", "resolved_at"]}
    within = {"within": {"limit": "48h", "from": "created_at", "to": "resolved_at"}}
    metrics = [metric("ticket", what, on="created_at") for what in ("count", {"mean": span}, {"median": span}, within)]
    asked = [
        (one, question((day - 3) * DAY, day * DAY, day * DAY, metric=str(n)))
        for day in range(3, 8)
        for n, one in enumerate(metrics)
    ]
    with read(ledger) as connection:
        together = measure(connection, asked)
        assert together == [measure(connection, [one])[0] for one in asked]
    assert len({found.value for found in together}) > 5


SPAN = {"hours": ["reported_at", "decided_at"]}
OF_REVIEWS = [
    "count",
    {"mean": SPAN},
    {"median": SPAN},
    {"quantile": {"q": 0.9, "of": SPAN}},
    {"sum": SPAN},
    {"latest": SPAN},
    {"share": {"where": {"assisted": True}, "of": {"where": {"decision": "present"}}}},
    {"share_distinct": {"of": "subject", "where": {"assisted": True}}},
    {"within": {"limit": "48h", "from": "reported_at", "to": "decided_at"}},
]
ASKED_FOR: list[dict[str, Any]] = [
    {"queue": "a", "decided_by": "human"},
    {"queue": ["a", "b"], "decided_by": ["human", "automation"]},
    {"queue": "c", "decided_by": "automation"},
    {"queue": "never", "decided_by": "human"},
    {"assisted": True, "queue": "a"},
    {"assisted": [True, False], "queue": "b"},
    {"assisted": False, "queue": ["b", "b"]},
]


@QUICK
@given(drawn=few, when=times, mature=st.sampled_from([None, "2d"]))
def test_metrics_that_differ_in_values_alone_find_together_what_each_finds_alone(
    ledger: Engine, drawn: list[tuple[Any, ...]], when: list[int], mature: str | None
) -> None:
    start, end, known_to = when
    reviews = [
        Review(
            id=str(n),
            reported_at=a,
            decided_at=b,
            decided_by=None if b is None else "human" if d else "automation",
            decision="kept" if c else None,
            assisted=e,
            queue=r,
            subject=r,
        )
        for n, (a, b, c, d, e, r) in enumerate(drawn)
    ]
    emptied(ledger, "review")
    fill(ledger, "review", reviews)
    many = [
        metric("review", what, where=where, on="reported_at", mature=mature)
        for what in OF_REVIEWS
        for where in ASKED_FOR
    ]
    asked = question(start, end, known_to)
    with read(ledger) as connection:
        alone = [measure(connection, [(one, asked)])[0] for one in many]
        assert measure(connection, [(one, asked) for one in many]) == alone
        assert measure(connection, [(one, asked) for one in many * 3]) == alone * 3
