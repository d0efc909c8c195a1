"""Zendesk: the literal answers, a whole export, a second night, kills, empty pages and deleted tickets."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from connectors.api import ConfigError, DataError, Feedback, Page, Slice, Source, Ticket, TransientError
from connectors.zendesk import CONNECTOR
from connectors.zendesk.options import ZendeskOptions
from sandbox.running import ZENDESK_EMAIL, ZENDESK_TOKEN, Sandbox

Opens = Callable[..., Source]
Harvests = Callable[[Iterable[Page]], Any]
Instants = Callable[[str], int]
Kills = Callable[..., Iterator[Any]]

FIXTURES = Path(__file__).parent / "fixtures"
SUNDAY, MONDAY = "2026-11-22T23:00:00Z", "2026-11-23T23:00:00Z"
MINUTE = 60_000
IN_APP = ["mobile_sdk", "native_messaging"]


def literal(name: str) -> Any:
    return json.loads((FIXTURES / f"{name}.json").read_text())


def options(url: str, **more: Any) -> dict[str, Any]:
    given = {"base_url": url, "email": ZENDESK_EMAIL, "api_token": ZENDESK_TOKEN}
    return given | {"user_report": {"tag": "user_report"}, "in_app": IN_APP} | more


@pytest.fixture
def helpdesk(vendors: Sandbox, opened: Opens) -> Opens:
    """Opens the sandbox's Zendesk."""
    return lambda **more: opened(CONNECTOR, options(vendors.url + "/zendesk", **more))


def last(page: Any) -> Any:
    return page | {"end_of_stream": True}


def changed(**fields: Any) -> Any:
    """The first literal ticket with other fields, as the only one of a last page."""
    page = literal("tickets_cursor")
    return last(page | {"tickets": [page["tickets"][0] | fields]})


def test_literal_tickets(prepared: Any, opened: Opens, harvest: Harvests, instant: Instants, all_time: Slice) -> None:
    prepared.in_turn(literal("tickets_cursor"), literal("tickets_cursor_empty_page"), changed(id=7))
    found = harvest(opened(CONNECTOR, options(prepared.url)).pull("ticket", all_time))
    assert found.facts["35436"] == Ticket(
        id="35436",
        created_at=instant("2026-11-16T09:12:44Z"),
        first_replied_at=instant("2026-11-16T14:12:44Z"),
        resolved_at=instant("2026-11-17T14:05:10Z"),
        category="user_report",
        channel="in_app",
        reporter="20978392",
    )
    unsolved = found.facts["35437"]
    assert (unsolved.resolved_at, unsolved.first_replied_at, unsolved.channel) == (None, None, "email")
    assert found.retracted == {"35401"}
    assert "7" in found.facts, "an empty page is not the end"


def test_metrics_are_asked_for_on_every_page(prepared: Any, opened: Opens, all_time: Slice) -> None:
    prepared.in_turn(literal("tickets_cursor"), literal("tickets_cursor_empty_page"), changed())
    list(opened(CONNECTOR, options(prepared.url)).pull("ticket", all_time))
    assert [seen.query["include"] for seen in prepared.seen] == ["metric_sets"] * 3
    assert [seen.query.get("start_time") for seen in prepared.seen] == ["0", None, None]


@pytest.mark.parametrize("status", ["new", "open", "pending", "hold"])
def test_a_ticket_that_is_open_again_is_not_resolved(
    prepared: Any, opened: Opens, harvest: Harvests, all_time: Slice, status: str
) -> None:
    """Its metrics may still hold the last solve."""
    prepared.in_turn(changed(status=status))
    found = harvest(opened(CONNECTOR, options(prepared.url)).pull("ticket", all_time))
    assert found.facts["35436"].resolved_at is None


def test_without_a_tag_nothing_is_a_user_report(
    prepared: Any, opened: Opens, harvest: Harvests, all_time: Slice
) -> None:
    prepared.in_turn(changed())
    found = harvest(opened(CONNECTOR, options(prepared.url, user_report=None, in_app=[])).pull("ticket", all_time))
    assert (found.facts["35436"].category, found.facts["35436"].channel) == (None, "mobile_sdk")


def test_an_erased_requester_is_nobody(prepared: Any, opened: Opens, harvest: Harvests, all_time: Slice) -> None:
    prepared.in_turn(changed(requester_id=None))
    found = harvest(opened(CONNECTOR, options(prepared.url)).pull("ticket", all_time))
    assert found.facts["35436"].reporter is None


def test_a_ticket_that_went_into_another_is_none_of_its_own(
    prepared: Any, opened: Opens, harvest: Harvests, all_time: Slice
) -> None:
    prepared.in_turn(changed(status="closed", tags=["user_report", "closed_by_merge"]))
    found = harvest(opened(CONNECTOR, options(prepared.url)).pull("ticket", all_time))
    assert (found.retracted, found.facts) == ({"35436"}, {})


def test_of_a_deleted_ticket_little_may_be_left(
    prepared: Any, opened: Opens, harvest: Harvests, all_time: Slice
) -> None:
    left = {"id": 9, "created_at": "2026-11-16T09:12:44Z", "status": "deleted"}
    prepared.in_turn(last(literal("tickets_cursor") | {"tickets": [left]}))
    assert harvest(opened(CONNECTOR, options(prepared.url)).pull("ticket", all_time)).retracted == {"9"}


@pytest.mark.parametrize(
    ("report", "category"),
    [
        ({"field": 27642, "value": "9.4.1"}, "user_report"),
        ({"field": "27642", "value": "9"}, None),
        ({"field": 27642, "value": "9.4.1", "tag": "lang_de"}, None),
        ({"form": 360, "tag": "user_report"}, "user_report"),
        ({"form": 361}, None),
    ],
)
def test_what_marks_a_user_report(
    prepared: Any, opened: Opens, harvest: Harvests, all_time: Slice, report: Any, category: str | None
) -> None:
    prepared.in_turn(changed(ticket_form_id=360))
    found = harvest(opened(CONNECTOR, options(prepared.url, user_report=report)).pull("ticket", all_time))
    assert found.facts["35436"].category == category


def test_the_channel_may_stand_in_a_custom_field(
    prepared: Any, opened: Opens, harvest: Harvests, all_time: Slice
) -> None:
    """Where the app files its tickets through the API, `via.channel` says no more than that."""
    given = options(prepared.url, channel_field=27642, in_app=["9.4.1"])
    for value, channel in (("9.4.1", "in_app"), (["web", "x"], "web"), (None, None)):
        prepared.in_turn(changed(custom_fields=[{"id": 27642, "value": value}, {"id": 27648, "value": {"odd": 1}}]))
        assert harvest(opened(CONNECTOR, given).pull("ticket", all_time)).facts["35436"].channel == channel


def test_a_start_within_the_last_minute_is_not_asked_for(prepared: Any, opened: Opens, instant: Instants) -> None:
    """Zendesk refuses it; a cycle that is still to come would begin there."""
    prepared.in_turn(changed())
    now = instant(SUNDAY)
    list(opened(CONNECTOR, options(prepared.url)).pull("ticket", Slice(start=now, end=now)))
    assert int(prepared.seen[0].query["start_time"]) * 1_000 <= now - MINUTE


def test_literal_ratings_are_answers_alone(
    prepared: Any, opened: Opens, harvest: Harvests, instant: Instants, all_time: Slice
) -> None:
    page = literal("satisfaction_ratings")
    bad = page["satisfaction_ratings"][0] | {"id": 9, "score": "bad"}
    prepared.in_turn(page, page | {"satisfaction_ratings": [bad], "meta": {"has_more": False, "after_cursor": None}})
    found = harvest(opened(CONNECTOR, options(prepared.url)).pull("feedback", all_time))
    received = instant("2026-11-18T08:00:00Z")
    assert found.facts == {
        "35436": Feedback(id="35436", received_at=received, score=1.0),
        "9": Feedback(id="9", received_at=received, score=0.0),
    }


def test_a_whole_export_knows_what_the_helpdesk_knows(
    vendors: Sandbox, helpdesk: Opens, harvest: Harvests, instant: Instants, all_time: Slice
) -> None:
    found = harvest(helpdesk().pull("ticket", all_time))
    truth = {str(t["id"]): t for t in vendors.truth()["tickets"] if _last_change(t) <= instant(SUNDAY) - MINUTE}
    deleted = {name for name, t in truth.items() if any(kind == "delete" for _, kind in t["changes"])}
    assert found.retracted == deleted
    assert deleted
    assert {
        (f.id, f.created_at // 1_000, f.resolved_at, f.category, f.channel == "in_app") for f in found.facts.values()
    } == {
        (name, t["created"] // 1_000, _resolved(t), "user_report" if t["user_report"] else None, t["channel"] in IN_APP)
        for name, t in truth.items()
        if name not in deleted
    }


def _last_change(ticket: Any) -> Any:
    return max([ticket["created"], *(at for at, _ in ticket["changes"])])


def _resolved(ticket: Any) -> int | None:
    solved = None
    for at, kind in ticket["changes"]:
        solved = at // 1_000 * 1_000 if kind == "solve" else None if kind == "reopen" else solved
    return solved


def test_all_answers_of_users_are_feedback(
    vendors: Sandbox, helpdesk: Opens, harvest: Harvests, all_time: Slice
) -> None:
    found = harvest(helpdesk().pull("feedback", all_time))
    truth = {
        str(r["id"]): float(r["score"] == "good") for r in vendors.truth()["ratings"] if r["score"] in {"good", "bad"}
    }
    assert {name: fact.score for name, fact in found.facts.items()} == truth


def test_the_second_night_reads_what_changed_even_where_updated_at_is_old(
    vendors: Sandbox, helpdesk: Opens, harvest: Harvests, instant: Instants
) -> None:
    vendors.set_clock(MONDAY)
    before = vendors.served()["by_source"]["zendesk"]
    start = instant(SUNDAY) - helpdesk().supplies["ticket"].lookback
    found = harvest(helpdesk().pull("ticket", Slice(start=start, end=instant(MONDAY))))
    assert vendors.served()["by_source"]["zendesk"] - before <= 2
    moved = [t for t in vendors.truth()["tickets"] if start <= _last_change(t) <= instant(MONDAY) - MINUTE]
    assert set(found.facts) | found.retracted == {str(t["id"]) for t in moved}
    touched = [t for t in moved if t["changes"] and t["changes"][-1][1] == "touch"]
    assert touched, "a ticket whose updated_at did not move"


def test_what_the_export_held_back_for_a_minute_comes_the_next_time(
    vendors: Sandbox, helpdesk: Opens, harvest: Harvests, instant: Instants
) -> None:
    """A slice that ends at a ticket's creation must not lose it."""
    created = next(t for t in vendors.truth()["tickets"] if t["created"] > instant("2026-11-20T00:00:00Z"))
    moment = created["created"] + 30_000
    vendors.set_clock(_iso(moment))
    first = harvest(helpdesk().pull("ticket", Slice(start=moment - 3 * 60 * MINUTE, end=moment)))
    vendors.set_clock(_iso(moment + 60 * MINUTE))
    lookback = helpdesk().supplies["ticket"].lookback
    second = harvest(helpdesk().pull("ticket", Slice(start=moment - lookback, end=moment + 60 * MINUTE)))
    assert (str(created["id"]) in first.facts, str(created["id"]) in second.facts) == (False, True)


def _iso(moment: int) -> str:
    return datetime.fromtimestamp(moment / 1_000, UTC).isoformat()


@pytest.mark.parametrize("fact", ["ticket", "feedback"])
def test_a_kill_behind_any_page_loses_nothing(
    helpdesk: Opens,
    harvest: Harvests,
    killed_everywhere: Kills,
    instant: Instants,
    fact: str,
) -> None:
    part = Slice(start=instant("2026-09-01T00:00:00Z"), end=instant(SUNDAY))
    whole = harvest(helpdesk().pull(fact, part))
    tries = list(killed_everywhere(helpdesk, fact, part))
    assert len(tries) > 1
    assert all(harvested == whole for harvested in tries)


def test_a_page_without_a_cursor_before_the_end_is_an_error(prepared: Any, opened: Opens, all_time: Slice) -> None:
    prepared.in_turn(literal("tickets_cursor") | {"after_cursor": None})
    with pytest.raises(DataError, match="no cursor"):
        list(opened(CONNECTOR, options(prepared.url)).pull("ticket", all_time))


def test_the_same_cursor_again_is_an_error(prepared: Any, opened: Opens, all_time: Slice) -> None:
    prepared.respond = lambda *_: (200, literal("tickets_cursor_empty_page"))
    with pytest.raises(DataError):
        list(opened(CONNECTOR, options(prepared.url)).pull("ticket", all_time))


def test_an_export_without_metrics_is_an_error_not_a_heap_of_unsolved_tickets(
    prepared: Any, opened: Opens, all_time: Slice
) -> None:
    page = changed()
    del page["tickets"][0]["metric_set"]
    prepared.in_turn(page)
    with pytest.raises(DataError, match="metric_set"):
        list(opened(CONNECTOR, options(prepared.url)).pull("ticket", all_time))


@pytest.mark.parametrize(
    ("fields", "path"),
    [({"created_at": "yesterday"}, "created_at"), ({"via": {}}, "via"), ({"tags": "user_report"}, "tags")],
)
def test_a_broken_schema_is_a_data_error_that_names_the_place(
    prepared: Any, opened: Opens, all_time: Slice, fields: Any, path: str
) -> None:
    prepared.in_turn(changed(**fields))
    with pytest.raises(DataError, match="tickets") as raised:
        list(opened(CONNECTOR, options(prepared.url)).pull("ticket", all_time))
    assert path in str(raised.value)
    assert "impersonat" not in str(raised.value).lower()


def test_a_wrong_token_is_a_configuration_error_without_the_token(helpdesk: Opens, all_time: Slice) -> None:
    with pytest.raises(ConfigError) as raised:
        list(helpdesk(api_token="wrong-horse").pull("ticket", all_time))
    assert "wrong-horse" not in str(raised.value)


def test_an_outage_ends_as_transient_with_what_was_read_before_it(
    vendors: Sandbox, helpdesk: Opens, all_time: Slice
) -> None:
    pulling = helpdesk().pull("ticket", all_time)
    assert next(pulling).position
    vendors.fail("zendesk", 429, retry_after=3_600)
    with pytest.raises(TransientError) as raised:
        next(pulling)
    assert raised.value.retry_after is not None


def test_the_export_s_limit_of_requests_a_minute_is_waited_for(
    vendors: Sandbox, helpdesk: Opens, all_time: Slice, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        vendors.fail("zendesk", None)

    monkeypatch.setattr("connectors.web.time.sleep", sleep)
    vendors.fail("zendesk", 429, retry_after=60)
    assert next(helpdesk().pull("ticket", all_time)).facts
    assert len(slept) == 1
    assert slept[0] >= 60


def test_check_reads_one_thing_per_permission(vendors: Sandbox, helpdesk: Opens, prepared: Any, opened: Opens) -> None:
    before = vendors.served()["by_source"]["zendesk"]
    assert helpdesk().check() == []
    assert vendors.served()["by_source"]["zendesk"] - before == 2
    assert len(helpdesk(api_token="no").check()) == 2
    prepared.respond = lambda path, query: (
        (403, {}) if "incremental" in path else (200, literal("satisfaction_ratings"))
    )
    [problem] = opened(CONNECTOR, options(prepared.url)).check()
    assert "admin" in problem


def test_paths_without_their_suffix_will_do(prepared: Any, opened: Opens, harvest: Harvests, all_time: Slice) -> None:
    prepared.respond = lambda path, _: (404, {}) if path.endswith(".json") else (200, changed())
    assert set(harvest(opened(CONNECTOR, options(prepared.url)).pull("ticket", all_time)).facts) == {"35436"}


def test_check_looks_up_the_custom_fields_that_are_named(prepared: Any, opened: Opens) -> None:
    prepared.respond = lambda path, query: (
        (404, {}) if "/8" in path
        else (200, {"ticket_field": {"id": 7}}) if "ticket_fields" in path
        else (200, literal("tickets_cursor"))
    )  # fmt: skip
    given = options(prepared.url, facts=["ticket"], channel_field=7, user_report={"field": 8, "value": "x"})
    [problem] = opened(CONNECTOR, given).check()
    assert "a custom field with the id 8" in problem


def test_facts_limit_what_is_supplied(helpdesk: Opens) -> None:
    assert list(helpdesk(facts=["feedback"]).supplies) == ["feedback"]


@pytest.mark.parametrize(
    ("more", "word"),
    [
        ({}, "subdomain is missing"),
        ({"subdomain": "a.evil/"}, "subdomain"),
        ({"subdomain": "a", "facts": ["review"]}, "facts"),
        ({"subdomain": "a", "user_report": {}}, "marks nothing: give tag or form"),
        ({"subdomain": "a", "channel_field": "Channel"}, "channel_field"),
    ],
)
def test_options_that_cannot_be_right_are_refused(more: Any, word: str) -> None:
    with pytest.raises(ValidationError, match=word):
        CONNECTOR.options.model_validate({"email": "x@example.org", "api_token": "x", **more})


def test_the_subdomain_gives_the_address() -> None:
    given = ZendeskOptions.model_validate({"subdomain": "example", "email": "x@example.org", "api_token": "x"})
    assert given.address == "https://example.zendesk.com"
