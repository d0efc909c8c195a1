"""Marble: the literal answers, and a stand-in that lists no more than 90 days, a few rows a page."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from connectors.api import Account, ConfigError, DataError, Page, Slice, Source
from connectors.marble import CONNECTOR
from connectors.testing.server import Reply, Seen, reply, serve

Opens = Callable[..., Source]
Harvests = Callable[[Iterable[Page]], Any]
Instants = Callable[[str], int]
Kills = Callable[..., Iterator[Any]]

FIXTURES = Path(__file__).parent / "fixtures"
DECISIONS, CASES = "/v1/decisions", "/v1beta/cases"
SUNDAY, MONDAY = "2026-11-22T23:00:00Z", "2026-11-23T23:00:00Z"
DAY = 86_400_000
KEY = "m4rble"
EMPTY = {"data": [], "pagination": {"has_more": False, "next_page_id": None}}


def literal(name: str) -> Any:
    return json.loads((FIXTURES / f"{name}.json").read_text())


def decision(number: int, created: str, outcome: str = "approve", **more: Any) -> dict[str, Any]:
    about = {"object_id": f"acc_{number}", "updated_at": created, "email": "private@example.org"}
    return {"id": f"d{number:03}", "created_at": created, "outcome": outcome, "trigger_object": about, **more}


class Marble:
    """Lists a stretch of up to 90 days, oldest first, three rows a page."""

    def __init__(self) -> None:
        self.rows: dict[str, list[dict[str, Any]]] = {DECISIONS: [], CASES: []}
        self.asked: list[Seen] = []

    def answer(self, seen: Seen) -> Reply:
        if seen.headers.get("X-API-KEY") != KEY:
            return reply({"error": {"code": "unauthorized"}}, status=401)
        self.asked.append(seen)
        start, end = (datetime.fromisoformat(seen.query[bound]) for bound in ("start", "end"))
        if not 0 < (end - start).total_seconds() <= 90 * 86_400 or seen.query.get("order", "ASC") != "ASC":
            return reply({"error": {"code": "bad_request"}}, status=400)
        if seen.path == DECISIONS and seen.query["scenario_id"] != "signup":
            return reply(EMPTY)
        found = [row for row in self.rows[seen.path] if start <= datetime.fromisoformat(row["created_at"]) <= end]
        if "outcome" in seen.query:
            found = [row for row in found if row["outcome"] == seen.query["outcome"]]
        if "case_id" in seen.query:
            found = [row for row in found if row.get("case", {}).get("id") == seen.query["case_id"]]
        left = [row for row in found if row["id"] > seen.query.get("after", "")]
        more = len(left) > 3
        pagination = {"has_more": more, "next_page_id": left[2]["id"] if more else None}
        return reply({"data": left[:3], "pagination": pagination})


@pytest.fixture
def marble() -> Iterator[Any]:
    """20 sign-ups of eleven months, and two cases."""
    made: Any = Marble()
    for number in range(20):
        month, day = 1 + number // 2, 10 + number % 2
        made.rows[DECISIONS].append(decision(number, f"2026-{month:02}-{day}T12:00:00Z"))
    made.rows[DECISIONS][18] |= {"outcome": "review", "case": {"id": "c2"}}
    made.rows[CASES] = [
        {"id": "c1", "created_at": "2026-02-10T12:00:00Z", "outcome": "unset"},
        {"id": "c2", "created_at": "2026-10-11T12:00:00Z", "outcome": "unset"},
    ]
    with serve({DECISIONS: made.answer, CASES: made.answer}) as server:
        made.url = server.url
        yield made


@pytest.fixture
def signups(marble: Any, opened: Opens) -> Opens:
    """Opens it."""
    return lambda **more: opened(
        CONNECTOR, {"base_url": marble.url, "api_key": KEY, "scenarios": {"account": "signup"}, **more}
    )


@pytest.fixture
def literally(opened: Opens, scripted: Any) -> Opens:
    """Opens a Marble that answers with these decisions and cases."""

    def opens(decisions: Any, cases: Any = EMPTY, fact: str = "account") -> Source:
        url = scripted({DECISIONS: reply(decisions), CASES: reply(cases)})
        return opened(CONNECTOR, {"base_url": url, "api_key": KEY, "scenarios": {fact: "signup"}})

    return opens


@pytest.fixture
def all_time(instant: Instants) -> Slice:
    return Slice(start=None, end=instant(SUNDAY))


@pytest.fixture
def week(instant: Instants) -> Slice:
    return Slice(start=instant(SUNDAY) - 7 * DAY, end=instant(SUNDAY))


def test_literal_decisions_are_accounts(literally: Opens, harvest: Harvests, instant: Instants, week: Slice) -> None:
    first, second, third = (
        instant(text) for text in ("2026-11-20T08:00:00.123Z", "2026-11-20T09:00:00Z", "2026-11-20T10:00:00Z")
    )
    assert harvest(literally(literal("decisions"), literal("cases")).pull("account", week)).facts == {
        "acc_1": Account(id="acc_1", created_at=first, admitted=True, verdict="fraud", verdict_at=first),
        "acc_2": Account(id="acc_2", created_at=second, admitted=True),
        "acc_3": Account(id="acc_3", created_at=third, admitted=False, verdict="fraud", verdict_at=third),
    }


@pytest.mark.parametrize(
    ("outcome", "review", "case", "expected"),
    [
        ("approve", None, None, (True, None)),
        ("approve", None, "confirmed_risk", (True, "fraud")),
        ("approve", None, "false_positive", (True, "legitimate")),
        ("approve", None, "valuable_alert", (True, "unknown")),
        ("approve", None, "unset", (True, None)),
        ("review", None, None, (True, None)),
        ("decline", None, None, (False, "fraud")),
        ("decline", None, "false_positive", (False, "legitimate")),
        ("block_and_review", "pending", None, (None, None)),
        ("block_and_review", None, None, (None, None)),
        ("block_and_review", "approve", None, (True, "legitimate")),
        ("block_and_review", "decline", None, (False, "fraud")),
        ("block_and_review", "approve", "confirmed_risk", (True, "fraud")),
    ],
)
def test_what_was_said_of_a_sign_up(
    literally: Opens, harvest: Harvests, week: Slice, outcome: str, review: Any, case: Any, expected: Any
) -> None:
    row = decision(1, "2026-11-20T08:00:00Z", outcome, review_status=review, case=case and {"id": "c1"})
    cases = [] if case is None else [{"id": "c1", "outcome": case}]
    found = harvest(literally(EMPTY | {"data": [row]}, EMPTY | {"data": cases}).pull("account", week))
    [account] = found.facts.values()
    assert (account.admitted, account.verdict) == expected
    assert (account.verdict_at is None) == (account.verdict is None)


def test_a_whole_pull_goes_in_stretches_that_marble_lists(
    marble: Any, signups: Opens, harvest: Harvests, instant: Instants, all_time: Slice
) -> None:
    found = harvest(signups().pull("account", all_time))
    assert {(name, fact.created_at) for name, fact in found.facts.items()} == {
        (row["trigger_object"]["object_id"], instant(row["created_at"])) for row in marble.rows[DECISIONS]
    }
    assert any("after" in seen.query for seen in marble.asked), "a stretch of several pages"


def test_another_scenario_has_other_decisions(signups: Opens, harvest: Harvests, all_time: Slice) -> None:
    assert harvest(signups(scenarios={"account": "other"}).pull("account", all_time)).facts == {}


def test_the_second_night_sees_what_people_said_up_to_max_age_and_no_later_sign_up(
    marble: Any, signups: Opens, harvest: Harvests, instant: Instants
) -> None:
    marble.rows[CASES][1]["outcome"] = "confirmed_risk"
    marble.rows[DECISIONS][15] |= {"outcome": "block_and_review", "review_status": "approve"}  # August
    marble.rows[DECISIONS][17] |= {"case": {"id": "c2"}}  # September; let in without a word
    marble.rows[DECISIONS] += [decision(30, "2026-11-23T12:00:00Z"), decision(31, MONDAY)]
    night = Slice(start=instant(SUNDAY), end=instant(MONDAY))
    found = harvest(signups(max_age="100d").pull("account", night))
    verdicts = {name: fact.verdict for name, fact in found.facts.items()}
    assert verdicts.items() >= {"acc_30": None, "acc_17": "fraud", "acc_18": "fraud"}.items()
    assert "acc_31" not in verdicts, "it is the next slice's"
    assert set(harvest(signups(max_age="60d").pull("account", night)).facts) == {"acc_30", "acc_18", "acc_19"}
    older = harvest(signups(max_age="110d").pull("account", night)).facts
    assert older["acc_15"].verdict == "legitimate"


@pytest.mark.parametrize(
    ("outcome", "review", "case", "expected"),
    [
        ("approve", None, None, (False, False, None)),
        ("approve", None, "confirmed_risk", (False, False, True)),
        ("review", None, "false_positive", (True, False, False)),
        ("review", None, "valuable_alert", (True, False, True)),
        ("review", None, "unset", (True, False, None)),
        ("decline", None, None, (True, True, None)),
        ("block_and_review", "pending", None, (True, True, None)),
        ("block_and_review", "approve", None, (True, False, False)),
        ("block_and_review", "decline", None, (True, True, True)),
    ],
)
def test_what_was_said_of_a_payment(
    literally: Opens,
    harvest: Harvests,
    instant: Instants,
    week: Slice,
    outcome: str,
    review: Any,
    case: Any,
    expected: Any,
) -> None:
    """(flagged, blocked, fraud); it happened when its object says, and was scored when the decision was made."""
    row = decision(1, "2026-11-20T08:00:01.500Z", outcome, review_status=review, case=case and {"id": "c1"})
    row["trigger_object"]["updated_at"] = "2026-11-20T08:00:00Z"
    cases = [] if case is None else [{"id": "c1", "outcome": case}]
    source = literally(EMPTY | {"data": [row]}, EMPTY | {"data": cases}, fact="transaction")
    [payment] = harvest(source.pull("transaction", week)).facts.values()
    occurred = instant("2026-11-20T08:00:00Z")
    assert (payment.id, payment.occurred_at, payment.scored_at) == ("acc_1", occurred, occurred + 1_500)
    assert (payment.flagged, payment.blocked, payment.fraud) == expected
    assert payment.labelled_at == (None if expected[2] is None else payment.scored_at)


def test_a_payment_without_its_time_is_a_data_error(literally: Opens, week: Slice) -> None:
    row = decision(1, "2026-11-20T08:00:00Z")
    del row["trigger_object"]["updated_at"]
    with pytest.raises(DataError, match="updated_at"):
        list(literally(EMPTY | {"data": [row]}, fact="transaction").pull("transaction", week))


def test_of_many_decisions_those_of_cases_are_asked_for_and_of_few_all(
    marble: Any, signups: Opens, harvest: Harvests, instant: Instants
) -> None:
    """Three rows a page: of a week ten pages, of five of them a case; of two days three."""
    for number in range(100, 130):
        made = decision(number, f"2026-11-{15 + number % 7}T12:{number - 100:02}:00Z")
        marble.rows[DECISIONS].append(made | ({"case": {"id": f"c{number}"}} if number % 6 == 0 else {}))
    marble.rows[DECISIONS].sort(key=lambda row: row["created_at"])
    for place, row in enumerate(marble.rows[DECISIONS]):
        row["id"] = f"d{place:03}"
    marble.rows[CASES] = [
        {"id": f"c{number}", "created_at": "2026-11-21T20:00:00Z", "outcome": "confirmed_risk"}
        for number in range(102, 130, 6)
    ]
    night = Slice(start=instant(SUNDAY), end=instant(MONDAY))
    ways = {}
    for age in ("9d", "3d"):
        marble.asked.clear()
        found = harvest(signups(max_age=age).pull("account", night)).facts
        young = {"acc_102", "acc_108", "acc_114", "acc_120", "acc_126"} if age == "9d" else {"acc_118", "acc_125"}
        assert young <= set(found)
        assert {name for name, fact in found.items() if fact.verdict == "fraud"} == {
            name for name in found if int(name[4:]) % 6 == 0 and int(name[4:]) > 100
        }
        asked = [seen.query for seen in marble.asked if seen.path == DECISIONS]
        ways[age] = sum("case_id" in query for query in asked), len(asked)
    assert ways == {"9d": (5, 12), "3d": (0, 3)}


def test_a_kill_behind_any_page_of_a_night_loses_nothing(
    marble: Any, signups: Opens, harvest: Harvests, killed_everywhere: Kills, instant: Instants
) -> None:
    marble.rows[CASES][1]["outcome"] = "confirmed_risk"
    night = Slice(start=instant(SUNDAY) - DAY, end=instant(MONDAY))
    whole = harvest(signups(max_age="200d").pull("account", night))
    assert whole.facts["acc_18"].verdict == "fraud"
    tries = list(killed_everywhere(lambda: signups(max_age="200d"), "account", night))
    assert len(tries) > 3
    assert all(harvested.facts["acc_18"] == whole.facts["acc_18"] for harvested in tries)


def test_a_kill_behind_any_page_loses_nothing(
    signups: Opens, harvest: Harvests, killed_everywhere: Kills, all_time: Slice
) -> None:
    whole = harvest(signups().pull("account", all_time))
    tries = list(killed_everywhere(signups, "account", all_time))
    assert len(tries) > 20
    assert all(harvested == whole for harvested in tries)


@pytest.mark.parametrize("token", [None, ""])
def test_more_without_an_id_to_ask_for_it_is_an_error(literally: Opens, week: Slice, token: str | None) -> None:
    endless = EMPTY | {"pagination": {"has_more": True, "next_page_id": token}}
    with pytest.raises(DataError, match="next_page_id"):
        list(literally(endless).pull("account", week))


def test_the_same_page_again_is_an_error(literally: Opens, week: Slice) -> None:
    with pytest.raises(DataError, match="circle"):
        list(literally(EMPTY | {"pagination": {"has_more": True, "next_page_id": "d1"}}).pull("account", week))


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"outcome": "maybe-private"}, "outcome"),
        ({"review_status": "maybe-private"}, "review_status"),
        ({"trigger_object": {}}, "object_id"),
        ({"created_at": "2026-11-20"}, "created_at"),
    ],
)
def test_a_broken_schema_is_a_data_error_that_holds_no_content(
    literally: Opens, week: Slice, fields: dict[str, Any], path: str
) -> None:
    row = decision(1, "2026-11-20T08:00:00Z") | fields
    with pytest.raises(DataError) as raised:
        list(literally(EMPTY | {"data": [row]}).pull("account", week))
    assert path in str(raised.value)
    assert "private" not in str(raised.value)


def test_a_missing_list_is_a_data_error(literally: Opens, week: Slice) -> None:
    with pytest.raises(DataError, match="data"):
        list(literally({"pagination": EMPTY["pagination"]}).pull("account", week))


def test_a_wrong_key_is_a_configuration_error_without_the_key(signups: Opens, week: Slice) -> None:
    with pytest.raises(ConfigError) as raised:
        list(signups(api_key="wrong-horse").pull("account", week))
    assert "wrong-horse" not in str(raised.value)


def test_check_reads_one_thing_per_permission(marble: Any, signups: Opens) -> None:
    assert signups().check() == []
    assert [seen.path for seen in marble.asked] == [DECISIONS, CASES]
    assert len(signups(api_key="no").check()) == 2


def test_facts_limit_what_is_supplied(signups: Opens) -> None:
    assert (list(signups().supplies), list(signups(facts=[]).supplies)) == (["account"], [])


@pytest.mark.parametrize(
    "more", [{"facts": ["ticket"]}, {"max_age": "long"}, {"scenarios": {}}, {"scenarios": {"ticket": "s"}}]
)
def test_options_that_cannot_be_right_are_refused(more: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match=next(iter(more))):
        CONNECTOR.options.model_validate({"api_key": "x", "scenarios": {"account": "s"}, **more})
