"""Pulled pages become facts: once each, hashed, folded, resumable at any page."""

from __future__ import annotations

import random
from typing import Any

import pytest
from sqlalchemy import Engine, select, text

from ledger import fact_tables, pulls
from ledger.database import LedgerError, begin, read
from ledger.fact_tables import TABLES
from ledger.pages import UnkeptTextError
from ledger.people import version_of
from okr_model.exchange import Coverage, Page, Signal, Slice, Stored
from okr_model.facts import PERSON_FIELDS, Account, Audit, Fact, Feedback, Member, Review, Ticket, Training, Transaction

HASHER = pulls.PersonHasher(b"a key of the tests", "k1")
DAY = 86_400_000
NOW = 20_000 * DAY


@pytest.fixture
def ledger(empty: Engine) -> Engine:
    fact_tables.prepare(empty)
    return empty


def opened(engine: Engine, fact: str, **changes: Any) -> Slice:
    wishes: dict[str, Any] = {"needed_from": 0, "now": NOW, "supply_lookback": 0, "everything": False} | changes
    return pulls.open_slice(engine, "desk", fact, **wishes)


def stored(engine: Engine, fact: str, *facts: Fact, **more: Any) -> Stored:
    part = pulls.running(engine, "desk", fact) or opened(engine, fact)
    signals = more.pop("signals_own", False)
    return pulls.store_page(engine, "desk", fact, part, Page(facts=facts, **more), HASHER, signals=signals)


def rows(engine: Engine, fact: str) -> dict[str, dict[str, Any]]:
    with read(engine) as connection:
        return {row.id: dict(row._mapping) for row in connection.execute(select(TABLES[fact]))}


EVERY_KIND: dict[str, Fact] = {
    "review": Review(id="1", reported_at=5, decided_at=9, decided_by="human", assisted=True, queue="q", subject="post"),
    "ticket": Ticket(id="1", created_at=5, resolved_at=2**41, category="a 'quoted' ?%s", reporter="ana"),
    "transaction": Transaction(id="1", occurred_at=5, flagged=False, blocked=True, fraud=None),
    "account": Account(id="1", created_at=5, admitted=True, verdict="fraud", verdict_at=7),
    "member": Member(id="1", active=True),
    "training": Training(id="1", member="1", course="guidelines"),
    "audit": Audit(id="1", period="2026-10"),
    "feedback": Feedback(id="1", received_at=5, score=4.25),
}


@pytest.mark.parametrize("fact", EVERY_KIND)
def test_every_kind_of_fact_is_kept_as_it_was_and_the_same_again_writes_nothing(ledger: Engine, fact: str) -> None:
    one = EVERY_KIND[fact]
    assert stored(ledger, fact, one) == Stored(stored=1)
    assert stored(ledger, fact, one) == Stored(unchanged=1)
    (row,) = rows(ledger, fact).values()
    for name in one.__struct_fields__:
        hashed = name in PERSON_FIELDS.get(fact, ())
        raw = getattr(one, name)
        assert row[name] == (HASHER.hash(raw) if hashed else raw), name


def test_scores_may_be_whole_numbers_among_others(ledger: Engine) -> None:
    stored(ledger, "feedback", *(Feedback(id=str(n), received_at=5, score=score) for n, score in enumerate((4, 0.5))))
    assert [row["score"] for row in rows(ledger, "feedback").values()] == [4.0, 0.5]


@pytest.mark.parametrize(
    ("where", "page"),
    [
        ("`id` of a ticket", Page(facts=[Ticket(id="1\0", created_at=5)])),
        ("`category` of a ticket", Page(facts=[Ticket(id="1", created_at=5), Ticket("2", 5, category="hush\0")])),
        ("the id of a deleted ticket", Page(retracted=["1\0"])),
        ("the value of a signal about a ticket", Page(signals=[Signal(kind="x", id="1", ref="1", at=5, value="\0")])),
    ],
)
def test_a_text_with_a_nul_is_refused_by_every_ledger_and_told_of(ledger: Engine, where: str, page: Page) -> None:
    with pytest.raises(UnkeptTextError, match=f"^{where} holds a NUL character, which no ledger keeps") as refused:
        pulls.store_page(ledger, "desk", "ticket", opened(ledger, "ticket"), page, HASHER, signals=False)
    assert "hush" not in str(refused.value)
    assert rows(ledger, "ticket") == {}


def test_what_is_hashed_may_hold_anything(ledger: Engine) -> None:
    assert stored(ledger, "ticket", Ticket(id="1", created_at=5, reporter="ana\0")) == Stored(stored=1)


def test_people_are_hashed_alike_in_every_fact_and_with_the_keys_version(ledger: Engine) -> None:
    stored(ledger, "member", Member(id="ana"))
    stored(ledger, "training", Training(id="t1", member="ana"), Training(id="t2", member=None))
    (member,) = rows(ledger, "member")
    training = rows(ledger, "training")
    assert member.startswith("k1:")
    assert "ana" not in member
    assert (training["t1"]["member"], training["t2"]["member"]) == (member, None)
    assert pulls.PersonHasher(b"another key", "k2").hash("ana").removeprefix("k2:") != member.removeprefix("k1:")


def test_under_another_key_people_are_pulled_again_and_never_counted_twice(ledger: Engine) -> None:
    key, other = version_of(b"a key"), version_of(b"another")
    assert key != other
    fact_tables.prepare_people(ledger, key)
    stored(ledger, "account", Account(id="ana", created_at=1))
    stored(ledger, "feedback", Feedback(id="1", received_at=1))
    fact_tables.prepare_people(ledger, key)
    fact_tables.prepare(ledger)
    assert len(rows(ledger, "account")) == 1
    fact_tables.prepare_people(ledger, other)
    assert rows(ledger, "account") == {}
    assert pulls.running(ledger, "desk", "account") is None
    assert len(rows(ledger, "feedback")) == 1


def test_of_two_alike_in_a_page_the_last_is_kept_and_counted_once(ledger: Engine) -> None:
    counts = stored(ledger, "ticket", Ticket(id="1", created_at=1), Ticket(id="1", created_at=2))
    assert counts == Stored(stored=1)
    assert rows(ledger, "ticket")["1"]["created_at"] == 2


def test_counts_are_exact_over_a_page_larger_than_one_statement(ledger: Engine) -> None:
    page = [Ticket(id=str(number), created_at=number) for number in range(1_234)]
    assert stored(ledger, "ticket", *page) == Stored(stored=1_234)
    page[700] = Ticket(id="700", created_at=700, resolved_at=9)
    assert stored(ledger, "ticket", *page) == Stored(stored=1, unchanged=1_233)


def test_a_value_that_becomes_null_again_is_a_change(ledger: Engine) -> None:
    stored(ledger, "ticket", Ticket(id="1", created_at=1, resolved_at=5))
    assert stored(ledger, "ticket", Ticket(id="1", created_at=1)) == Stored(stored=1)
    assert rows(ledger, "ticket")["1"]["resolved_at"] is None


def test_a_retracted_row_is_a_tombstone_until_it_comes_back(ledger: Engine) -> None:
    stored(ledger, "account", Account(id="1", created_at=1))
    assert stored(ledger, "account", retracted=["1", "never seen"]) == Stored(retracted=1)
    assert stored(ledger, "account", retracted=["1"]) == Stored()
    (row,) = rows(ledger, "account").values()
    assert row["retracted_at"] == NOW
    assert stored(ledger, "account", Account(id="1", created_at=1)) == Stored(stored=1)
    (row,) = rows(ledger, "account").values()
    assert row["retracted_at"] is None


def test_two_sources_keep_rows_with_the_same_id_apart(ledger: Engine) -> None:
    stored(ledger, "ticket", Ticket(id="1", created_at=1))
    part = pulls.open_slice(ledger, "other", "ticket", needed_from=0, now=NOW, supply_lookback=0, everything=False)
    page = Page(facts=[Ticket(id="1", created_at=2)])
    assert pulls.store_page(ledger, "other", "ticket", part, page, HASHER, signals=False) == Stored(stored=1)
    with read(ledger) as connection:
        assert connection.execute(text("SELECT count(*) FROM fact_ticket")).scalar() == 2


# --- folds -----------------------------------------------------------------------------------------------------------

REVIEW_PAGES = [
    Page(facts=[Review(id="r1", reported_at=10, subject="s1"), Review(id="r2", reported_at=10, subject="s2")]),
    Page(facts=[Review(id="r3", reported_at=10, subject=None), Review(id="r4", reported_at=10, subject="s2")]),
    Page(signals=[Signal(kind="decision", id="d2", ref="r1", at=90, value="automation")]),
    Page(signals=[Signal(kind="decision", id="d1", ref="r1", at=50, value="human")]),
    Page(signals=[Signal(kind="decision", id="d3", ref="r2", at=30, value="human")]),
    Page(
        signals=[
            Signal(kind="assessment", id="a1", ref="s1", at=50),
            Signal(kind="assessment", id="a0", ref="s1", at=70),
        ]
    ),
    Page(signals=[Signal(kind="assessment", id="a2", ref="s2", at=31)]),
]
REVIEW_FIELDS = ("decided_at", "decided_by", "assisted")
REVIEWED = {"r1": (50, "human", True), "r2": (30, "human", False), "r3": (None, None, None), "r4": (None, None, True)}


def folded(engine: Engine, fact: str, fields: tuple[str, ...]) -> dict[str, tuple[Any, ...]]:
    return {id_: tuple(row[name] for name in fields) for id_, row in rows(engine, fact).items()}


@pytest.mark.parametrize("seed", range(8))
def test_signals_and_rows_give_the_same_reviews_in_whatever_order_they_come(ledger: Engine, seed: int) -> None:
    pages = random.Random(seed).sample(REVIEW_PAGES, len(REVIEW_PAGES))
    for page in pages:
        stored(ledger, "review", *page.facts, signals=page.signals, signals_own=True)
    assert folded(ledger, "review", REVIEW_FIELDS) == REVIEWED
    again = [stored(ledger, "review", *page.facts, signals=page.signals, signals_own=True) for page in pages]
    assert sum(again, Stored()) == Stored(unchanged=4)
    assert folded(ledger, "review", REVIEW_FIELDS) == REVIEWED


def test_a_row_that_is_new_and_folded_in_one_page_counts_once_and_a_late_signal_counts_its_row(ledger: Engine) -> None:
    first = stored(
        ledger,
        "review",
        Review(id="r1", reported_at=1, subject="s"),
        signals=[Signal(kind="decision", id="d", ref="r1", at=5, value="human")],
        signals_own=True,
    )
    late = stored(ledger, "review", signals=[Signal(kind="assessment", id="a", ref="s", at=2)], signals_own=True)
    assert (first, late) == (Stored(stored=1), Stored(stored=1))


def test_what_settles_a_subject_decides_every_report_of_it_that_was_open(ledger: Engine) -> None:
    reports = [Review(id=f"r{at}", reported_at=at, subject="s") for at in (10, 20, 40, 60)]
    settled = [
        Signal(kind="settlement", id=f"e{at}", ref="s", at=at, value=by)
        for at, by in ((5, "human"), (20, "automation"), (50, "human"))
    ]
    for one in settled:
        stored(ledger, "review", signals=[one], signals_own=True)
    stored(ledger, "review", *reports, signals_own=True)
    own = Signal(kind="decision", id="d", ref="r40", at=45, value="automation")
    stored(ledger, "review", signals=[own], signals_own=True)
    decided = {
        "r10": (20, "automation"),
        "r20": (20, "automation"),
        "r40": (45, "automation"),
        "r60": (None, None),
    }
    assert folded(ledger, "review", ("decided_at", "decided_by")) == decided
    again = stored(ledger, "review", *reports, signals=[*settled, own], signals_own=True)
    assert again == Stored(unchanged=4)
    assert folded(ledger, "review", ("decided_at", "decided_by")) == decided


def test_without_a_label_a_transaction_is_unlabelled_not_honest(ledger: Engine) -> None:
    labels = [
        Signal(kind="label", id="l1", ref="t1", at=40, value="true"),
        Signal(kind="label", id="l2", ref="t1", at=20, value="true"),
        Signal(kind="label", id="l3", ref="t1", at=10, value="false"),
        Signal(kind="label", id="l4", ref="t2", at=10, value="false"),
    ]
    payments = [Transaction(id=f"t{number}", occurred_at=1) for number in (1, 2, 3)]
    stored(ledger, "transaction", *payments, signals=labels, signals_own=True)
    assert folded(ledger, "transaction", ("fraud", "labelled_at")) == {
        "t1": (True, 20),
        "t2": (False, None),
        "t3": (None, None),
    }


def test_refs_to_people_are_hashed(ledger: Engine) -> None:
    stored(ledger, "review", signals=[Signal(kind="assessment", id="a", ref="post-7", at=1)], signals_own=True)
    with read(ledger) as connection:
        assert connection.execute(select(fact_tables.SIGNALS.c.ref)).scalars().all() == [HASHER.hash("post-7")]


# --- slices ----------------------------------------------------------------------------------------------------------


def test_the_first_slice_reaches_back_to_what_is_needed_and_the_next_by_the_lookback(ledger: Engine) -> None:
    first = opened(ledger, "ticket", needed_from=NOW - 90 * DAY)
    assert first == Slice(start=NOW - 90 * DAY, end=NOW)
    assert pulls.coverages(ledger) == []
    assert pulls.finish_slice(ledger, "desk", "ticket", first) == 0
    assert pulls.coverages(ledger) == [Coverage(source="desk", fact="ticket", start=NOW - 90 * DAY, complete_to=NOW)]
    second = opened(ledger, "ticket", needed_from=NOW - 80 * DAY, now=NOW + DAY, supply_lookback=3 * DAY)
    assert second == Slice(start=NOW - 3 * DAY, end=NOW + DAY)
    pulls.finish_slice(ledger, "desk", "ticket", second)
    (coverage,) = pulls.coverages(ledger)
    assert (coverage.start, coverage.complete_to) == (NOW - 90 * DAY, NOW + DAY)


def test_an_unfinished_slice_is_resumed_where_it_was(ledger: Engine) -> None:
    part = opened(ledger, "ticket", needed_from=NOW - DAY)
    pulls.store_page(ledger, "desk", "ticket", part, Page(position="page 2"), HASHER, signals=False)
    resumed = opened(ledger, "ticket", needed_from=NOW, now=NOW + DAY)
    assert resumed == Slice(start=NOW - DAY, end=NOW, position="page 2") == pulls.running(ledger, "desk", "ticket")


def test_a_need_that_reaches_further_back_begins_a_new_slice(ledger: Engine) -> None:
    part = opened(ledger, "ticket", needed_from=NOW - DAY)
    pulls.store_page(ledger, "desk", "ticket", part, Page(position="page 2"), HASHER, signals=False)
    further = opened(ledger, "ticket", needed_from=NOW - 2 * DAY, now=NOW + DAY)
    assert further == Slice(start=NOW - 2 * DAY, end=NOW + DAY)
    with pytest.raises(LedgerError, match="no longer the running one"):
        pulls.store_page(
            ledger, "desk", "ticket", part, Page(facts=[Ticket(id="1", created_at=1)]), HASHER, signals=False
        )
    assert rows(ledger, "ticket") == {}
    with pytest.raises(LedgerError, match="no longer the running one"):
        pulls.finish_slice(ledger, "desk", "ticket", part)
    pulls.finish_slice(ledger, "desk", "ticket", further)
    all_time = opened(ledger, "ticket", needed_from=None, now=NOW + DAY)
    assert all_time.start is None
    pulls.finish_slice(ledger, "desk", "ticket", all_time)
    assert pulls.coverages(ledger)[0].start is None
    assert opened(ledger, "ticket", needed_from=None, now=NOW + 2 * DAY).start == NOW + DAY


def test_a_whole_read_retracts_what_is_no_longer_there(ledger: Engine) -> None:
    for people, vanished in ((("ana", "bo"), 0), (("bo",), 1), (("ana", "bo"), 0)):
        part = opened(ledger, "member", everything=True)
        assert (part.start, part.everything) == (None, True)
        page = Page(facts=[Member(id=name) for name in people])
        pulls.store_page(ledger, "desk", "member", part, page, HASHER, signals=False)
        assert pulls.finish_slice(ledger, "desk", "member", part) == vanished
        there = {id_ for id_, row in rows(ledger, "member").items() if row["retracted_at"] is None}
        assert there == {HASHER.hash(name) for name in people}


def test_a_whole_read_that_was_cut_short_retracts_nothing_of_what_the_next_one_sees(ledger: Engine) -> None:
    stored(ledger, "member", Member(id="ana"), Member(id="bo"))
    part = opened(ledger, "member", everything=True)
    pulls.store_page(ledger, "desk", "member", part, Page(facts=[Member(id="ana")]), HASHER, signals=False)
    again = opened(ledger, "member", everything=True, now=NOW + 1)
    assert again.end == NOW + 1
    pulls.store_page(ledger, "desk", "member", again, Page(facts=[Member(id="bo")]), HASHER, signals=False)
    assert pulls.finish_slice(ledger, "desk", "member", again) == 1
    assert rows(ledger, "member")[HASHER.hash("ana")]["retracted_at"] == NOW + 1


@pytest.mark.parametrize("cut", range(len(REVIEW_PAGES) + 1))
def test_a_pull_cut_after_any_page_converges_to_the_same_facts(ledger: Engine, cut: int) -> None:
    part = opened(ledger, "review")
    for number, page in enumerate(REVIEW_PAGES[:cut]):
        kept = Page(facts=page.facts, signals=page.signals, position=str(number + 1))
        pulls.store_page(ledger, "desk", "review", part, kept, HASHER, signals=True)
    part = opened(ledger, "review", now=NOW + DAY)
    assert part.end == NOW
    for page in REVIEW_PAGES[int(part.position or 0) :]:
        pulls.store_page(ledger, "desk", "review", part, page, HASHER, signals=True)
    pulls.finish_slice(ledger, "desk", "review", part)
    assert folded(ledger, "review", REVIEW_FIELDS) == REVIEWED
    assert pulls.coverages(ledger)[0].complete_to == NOW


def test_a_page_that_fails_leaves_nothing_of_itself(ledger: Engine) -> None:
    part = opened(ledger, "ticket")
    bad: Any = Ticket(id="2", created_at=None)  # type: ignore[arg-type]
    page = Page(facts=[Ticket(id="1", created_at=1), bad], position="p")
    with pytest.raises(Exception, match=r"(?i)null"):
        pulls.store_page(ledger, "desk", "ticket", part, page, HASHER, signals=False)
    assert rows(ledger, "ticket") == {}
    assert pulls.running(ledger, "desk", "ticket") == part


def test_facts_of_another_shape_are_dropped_to_be_pulled_again(ledger: Engine) -> None:
    stored(ledger, "ticket", Ticket(id="1", created_at=1))
    stored(ledger, "member", Member(id="ana"))
    fact_tables.prepare(ledger)
    assert len(rows(ledger, "ticket")) == 1
    with begin(ledger) as connection:
        connection.execute(text("UPDATE fact_shapes SET shape = 'old' WHERE fact = 'ticket'"))
    fact_tables.prepare(ledger)
    assert rows(ledger, "ticket") == {}
    assert pulls.running(ledger, "desk", "ticket") is None
    assert len(rows(ledger, "member")) == 1
    assert pulls.running(ledger, "desk", "member") is not None
