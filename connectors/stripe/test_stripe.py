"""Stripe: the literal answers, a whole pull, a second night, kills, and labels that come late or are taken back."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.api import ConfigError, DataError, Page, Signal, Slice, Source, Transaction
from connectors.stripe import CONNECTOR
from sandbox.running import STRIPE_API_KEY, Sandbox

Opens = Callable[..., Source]
Harvests = Callable[[Iterable[Page]], Any]
Instants = Callable[[str], int]
Kills = Callable[..., Iterator[Any]]

FIXTURES = Path(__file__).parent / "fixtures"
SUNDAY, MONDAY = "2026-11-22T23:00:00Z", "2026-11-23T23:00:00Z"
DAY = 86_400_000
RADAR_REASONS = {"highest_risk_level", "elevated_risk_level", "rule"}
EMPTY = {"object": "list", "data": [], "has_more": False}


def literal(name: str) -> Any:
    return json.loads((FIXTURES / f"{name}.json").read_text())


def iso(moment: int) -> str:
    return datetime.fromtimestamp(moment / 1_000, UTC).isoformat()


@pytest.fixture
def account(vendors: Sandbox, opened: Opens) -> Opens:
    """Opens the sandbox's Stripe."""
    return lambda **more: opened(CONNECTOR, {"base_url": vendors.url + "/stripe", "api_key": STRIPE_API_KEY, **more})


@pytest.fixture
def serving(prepared: Any, opened: Opens) -> Opens:
    """Opens a Stripe whose lists are those given by their path, and empty otherwise; further pages are empty."""

    def opens(**lists: Any) -> Source:
        paths = {"charges": "charges", "disputes": "disputes", "early_fraud_warnings": "warnings", "events": "events"}
        prepared.respond = lambda path, query: (
            200,
            EMPTY if "starting_after" in query else lists.get(paths[path.rpartition("/")[2]], EMPTY),
        )
        return opened(CONNECTOR, {"base_url": prepared.url, "api_key": "rk_live_x"})

    return opens


@pytest.fixture
def all_time(instant: Instants) -> Slice:
    return Slice(start=None, end=instant(SUNDAY))


def test_literal_charges_are_transactions(serving: Opens, harvest: Harvests, all_time: Slice) -> None:
    found = harvest(serving(charges=literal("charges")).pull("transaction", all_time))
    assert found.facts == {
        "ch_3Qreviewed": Transaction(
            id="ch_3Qreviewed",
            occurred_at=1_790_000_000_000,
            scored_at=1_790_000_000_000,
            flagged=True,
            blocked=False,
        ),
        "ch_3Qblocked": Transaction(
            id="ch_3Qblocked", occurred_at=1_789_999_000_000, scored_at=1_789_999_000_000, flagged=True, blocked=True
        ),
    }, "the test charge is left out"
    assert found.signals["label", "details:ch_3Qreviewed"].value == "true"


def test_literal_news_are_labels(serving: Opens, harvest: Harvests, all_time: Slice) -> None:
    lists = {name: literal(file) for name, file in NEWS.items()}
    found = harvest(serving(**lists).pull("transaction", all_time))
    assert found.facts == {}
    assert set(found.signals.values()) == {
        Signal(kind="label", id="dispute:du_late", ref="ch_3Qplain", at=1_795_000_000_000, value="true"),
        Signal(kind="label", id="dispute:du_inquiry", ref="ch_3Qinquiry", at=1_794_000_000_000, value="false"),
        Signal(kind="label", id="warning:issfr_1", ref="ch_3Qplain", at=1_794_500_000_000, value="true"),
        Signal(kind="label", id="review:prv_1", ref="ch_3Qreviewed", at=1_795_300_000_000, value="true"),
    }


NEWS = {"disputes": "disputes", "warnings": "early_fraud_warnings", "events": "events_review_closed"}


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        ({"type": "authorized", "reason": None, "risk_level": "normal"}, (True, False, False)),
        ({"type": "authorized", "reason": None, "risk_level": "not_assessed"}, (False, False, False)),
        ({"type": "authorized", "reason": None, "risk_level": "unknown"}, (False, False, False)),
        ({"type": "authorized", "reason": None}, (False, False, False)),
        ({"type": "manual_review", "reason": "rule", "risk_level": "elevated"}, (True, True, False)),
        ({"type": "manual_review", "reason": "something_else", "risk_level": "normal"}, (True, False, False)),
        ({"type": "blocked", "reason": "highest_risk_level", "risk_level": "highest"}, (True, True, True)),
        (None, (False, None, None)),
        ({"type": "blocked", "reason": "low_probability_of_authorization", "risk_level": "normal"}, None),
        ({"type": "issuer_declined", "reason": "generic_decline", "risk_level": "normal"}, None),
        ({"type": "invalid", "reason": "invalid_card", "risk_level": "not_assessed"}, None),
    ],
)
def test_what_monitoring_said(serving: Opens, harvest: Harvests, all_time: Slice, outcome: Any, expected: Any) -> None:
    """(scored, flagged, blocked), or None where the charge says nothing of monitoring."""
    charge = {"id": "ch_1", "created": 1_790_000_000, "livemode": True, "outcome": outcome, "fraud_details": {}}
    found = harvest(serving(charges={"data": [charge], "has_more": False}).pull("transaction", all_time))
    rows = [(row.scored_at is not None, row.flagged, row.blocked) for row in found.facts.values()]
    assert rows == ([] if expected is None else [expected])


@pytest.mark.parametrize(
    ("details", "value"),
    [
        ({}, None),
        (None, None),
        ({"user_report": "safe"}, "false"),
        ({"user_report": "fraudulent"}, "true"),
        ({"user_report": "safe", "stripe_report": "fraudulent"}, "true"),
    ],
)
def test_fraud_details_of_a_charge(
    serving: Opens, harvest: Harvests, all_time: Slice, details: Any, value: str | None
) -> None:
    charge = {"id": "ch_1", "created": 1_790_000_000, "livemode": True, "outcome": None, "fraud_details": details}
    found = harvest(serving(charges={"data": [charge], "has_more": False}).pull("transaction", all_time))
    assert [signal.value for signal in found.signals.values()] == ([] if value is None else [value])


def test_a_refund_as_fraud_is_known_from_its_event(serving: Opens, harvest: Harvests, all_time: Slice) -> None:
    """The charge itself may be too old to be read again."""
    charge = {"id": "ch_1", "object": "charge", "fraud_details": {"user_report": "fraudulent"}}
    plain = {"id": "ch_2", "object": "charge", "fraud_details": {}}
    events = [
        {"id": f"evt_{n}", "created": 1_795_000_000 + n, "type": "charge.refunded", "data": {"object": about}}
        for n, about in enumerate((charge, plain))
    ]
    found = harvest(serving(events={"data": events, "has_more": False}).pull("transaction", all_time))
    assert [(s.ref, s.at) for s in found.signals.values()] == [("ch_1", 1_795_000_000_000)]


def test_disputes_for_other_reasons_say_nothing_of_fraud(serving: Opens, harvest: Harvests, all_time: Slice) -> None:
    dispute = {"id": "du_1", "created": 1_795_000_000, "charge": "ch_1", "reason": "general", "status": "lost"}
    found = harvest(serving(disputes={"data": [dispute], "has_more": False}).pull("transaction", all_time))
    assert found.signals == {}


def test_a_whole_pull_knows_what_stripe_knows(
    vendors: Sandbox, account: Opens, harvest: Harvests, all_time: Slice
) -> None:
    found = harvest(account().pull("transaction", all_time))
    truth = vendors.truth()
    charges = {
        c["id"]: c
        for c in truth["charges"]
        if c["livemode"]
        and c["outcome"] not in {"issuer_declined", "invalid"}
        and c["reason"] != "low_probability_of_authorization"
    }
    assert {(f.id, f.occurred_at, f.flagged, f.blocked) for f in found.facts.values()} == {
        (
            name,
            c["created"],
            c["outcome"] in {"blocked", "manual_review"} and c["reason"] in RADAR_REASONS,
            c["outcome"] == "blocked",
        )
        for name, c in charges.items()
    }
    assert _fraud(found) & set(charges) == _true_fraud(truth) & set(charges)


def _fraud(found: Any) -> set[str]:
    return {signal.ref for signal in found.signals.values() if signal.value == "true"}


def _true_fraud(truth: Any) -> set[str]:
    return {
        label["charge"]
        for label in truth["labels"]
        if label["kind"] in {"warning", "fraud_details"}
        or (label["kind"] == "review" and label["reason"] == "refunded_as_fraud")
        or (
            label["kind"] == "dispute"
            and label["reason"] == "fraudulent"
            and label["status"] not in {"warning_closed", "won", "prevented"}
        )
    }


def test_the_second_night_reads_little_and_learns_all_that_is_new(
    vendors: Sandbox, account: Opens, harvest: Harvests, all_time: Slice, instant: Instants
) -> None:
    first = harvest(account().pull("transaction", all_time))
    vendors.set_clock(MONDAY)
    before = vendors.served()["by_source"]["stripe"]
    start = instant(SUNDAY) - account().supplies["transaction"].lookback
    second = harvest(account().pull("transaction", Slice(start=start, end=instant(MONDAY))))
    assert vendors.served()["by_source"]["stripe"] - before < 20
    first.facts |= second.facts
    first.signals |= second.signals
    truth = vendors.truth()
    assert _fraud(first) & set(first.facts) == _true_fraud(truth) & set(first.facts)


def test_a_dispute_ninety_days_later_labels_a_charge_far_behind_the_slice(
    vendors: Sandbox, account: Opens, harvest: Harvests
) -> None:
    truth = vendors.truth()
    created = {c["id"]: c["created"] for c in truth["charges"] if c["livemode"]}
    late = next(
        label
        for label in truth["labels"]
        if label["kind"] == "dispute"
        and label["reason"] == "fraudulent"
        and label["charge"] in created
        and label["at"] - created[label["charge"]] > 89 * DAY
    )
    end = late["at"] + DAY
    vendors.set_clock(iso(end))
    found = harvest(account().pull("transaction", Slice(start=end - 3 * DAY, end=end)))
    assert late["charge"] not in found.facts
    assert late["charge"] in _fraud(found)


def test_a_dispute_that_is_won_takes_its_label_back_under_the_same_id(
    vendors: Sandbox, account: Opens, harvest: Harvests
) -> None:
    won = next(
        label
        for label in vendors.truth()["labels"]
        if label["kind"] == "dispute" and label["reason"] == "fraudulent" and label["status"] == "won"
    )
    early = Slice(start=won["at"] - DAY, end=won["at"] + DAY)
    vendors.set_clock(iso(early.end))
    before = harvest(account().pull("transaction", early))
    vendors.set_clock(SUNDAY)
    late = Slice(start=won["at"] + 100 * DAY, end=won["at"] + 103 * DAY)
    after = harvest(account().pull("transaction", late))
    [(name, signal)] = [
        (name, s) for name, s in before.signals.items() if s.ref == won["charge"] and s.id.startswith("dispute:")
    ]
    assert signal.value == "true"
    assert after.signals[name].value == "false"
    assert after.signals[name].at == signal.at


def test_closed_reviews_come_from_events_as_the_list_of_reviews_hides_them(
    vendors: Sandbox, account: Opens, harvest: Harvests, instant: Instants
) -> None:
    start = instant(SUNDAY) - 20 * DAY
    found = harvest(account().pull("transaction", Slice(start=start, end=instant(SUNDAY))))
    closed = {
        (label["charge"], label["at"])
        for label in vendors.truth()["labels"]
        if label["kind"] == "review" and label["reason"] == "refunded_as_fraud" and label["at"] >= start
    }
    assert closed
    assert {(s.ref, s.at) for s in found.signals.values() if s.id.startswith("review:")} == closed


def test_a_kill_behind_any_page_loses_nothing(
    account: Opens, harvest: Harvests, killed_everywhere: Kills, instant: Instants
) -> None:
    part = Slice(start=instant(SUNDAY) - 3 * DAY, end=instant(SUNDAY))
    whole = harvest(account().pull("transaction", part))
    tries = list(killed_everywhere(account, "transaction", part))
    assert len(tries) > 8
    assert all(harvested == whole for harvested in tries)


def test_what_is_new_since_a_kill_does_not_push_older_pages_out(
    vendors: Sandbox, account: Opens, harvest: Harvests, instant: Instants
) -> None:
    part = Slice(start=instant(SUNDAY) - 10 * DAY, end=instant(SUNDAY))
    whole = harvest(account().pull("transaction", part))
    pulling = account().pull("transaction", part)
    first = [next(pulling) for _ in range(4)]
    vendors.set_clock(MONDAY)
    rest = account().pull("transaction", Slice(start=part.start, end=part.end, position=first[-1].position))
    assert set(harvest([*first, *rest]).facts) == set(whole.facts)


def test_the_version_is_pinned_and_bounds_are_whole_seconds(prepared: Any, serving: Opens) -> None:
    list(serving().pull("transaction", Slice(start=1_790_000_000_500, end=1_790_000_060_500)))
    asked = {seen.path: seen.query for seen in prepared.seen}
    assert asked["/v1/charges"]["created[gte]"] == "1790000000"
    assert asked["/v1/charges"]["created[lt]"] == "1790000061"
    assert asked["/v1/disputes"]["created[gte]"] == str(1_790_000_000 - 120 * 86_400)
    assert {seen.headers["Stripe-Version"] for seen in prepared.seen} == {"2026-10-28.endive"}


def test_more_behind_an_empty_page_is_an_error_not_an_end(serving: Opens, all_time: Slice) -> None:
    with pytest.raises(DataError, match="empty page"):
        list(serving(charges={"data": [], "has_more": True}).pull("transaction", all_time))


def test_the_last_charge_again_and_again_is_an_error(prepared: Any, opened: Opens, all_time: Slice) -> None:
    prepared.respond = lambda *_: (200, literal("charges"))
    source = opened(CONNECTOR, {"base_url": prepared.url, "api_key": "rk_live_x"})
    with pytest.raises(DataError):
        list(source.pull("transaction", all_time))


def test_a_wrong_key_is_a_configuration_error_without_the_key(account: Opens, all_time: Slice) -> None:
    with pytest.raises(ConfigError) as raised:
        list(account(api_key="rk_live_wrong").pull("transaction", all_time))
    assert "rk_live_wrong" not in str(raised.value)


@pytest.mark.parametrize(
    ("change", "path"),
    [({"created": None}, "created"), ({"livemode": "yes"}, "livemode"), ({"outcome": []}, "outcome")],
)
def test_a_broken_schema_is_a_data_error_that_names_the_place(
    serving: Opens, all_time: Slice, change: Any, path: str
) -> None:
    body = literal("charges")
    body["data"][1].update(change)
    with pytest.raises(DataError, match="data") as raised:
        list(serving(charges=body).pull("transaction", all_time))
    assert path in str(raised.value)


def test_a_list_without_data_is_a_data_error(serving: Opens, all_time: Slice) -> None:
    with pytest.raises(DataError, match="data"):
        list(serving(charges={"has_more": False}).pull("transaction", all_time))


def test_check_reads_one_thing_per_permission(vendors: Sandbox, account: Opens, prepared: Any, serving: Opens) -> None:
    before = vendors.served()["by_source"]["stripe"]
    assert account().check() == []
    assert vendors.served()["by_source"]["stripe"] - before == 4
    assert len(account(api_key="rk_live_wrong").check()) == 4
    source = serving()
    prepared.respond = lambda path, query: (403, {}) if "disputes" in path else (200, EMPTY)
    [problem] = source.check()
    assert "Disputes" in problem


def test_check_says_that_a_test_key_brings_nothing(serving: Opens) -> None:
    charge = {"id": "ch_1", "created": 1_790_000_000, "livemode": False, "outcome": None}
    [problem] = serving(charges={"data": [charge], "has_more": False}).check()
    assert "live mode key" in problem
