"""The table of faults, run against any connector over real sockets."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from email.utils import formatdate
from typing import Any

import pytest

from config import pacing
from connectors import paging, waiting, web
from connectors.api import ConfigError, DataError, Fact, Instant, Page, PullError, TransientError
from connectors.testing.declared import (
    DAY,
    MINUTE,
    NOW,
    PLANTED,
    Declared,
    Opened,
    gathered,
    planted,
    secrets_of,
    stocked,
)
from connectors.testing.server import Reply, reply
from connectors.testing.vendor import Vendor, at_path, selling, with_body

CAP = 25  # pages, while these tests run
MANY = 20 * CAP
THEN = 2_000_000_000  # the source's own clock, years ahead
SIX_HOURS = 6 * 3_600
PATIENCE = 15 * MINUTE / 1_000  # seconds that all waits of one call may add up to
GROWN = 2_000_000  # bytes
HTML = reply(b"<!doctype html><title>" + PLANTED.encode() + b"</title>", headers={"Content-Type": "text/html"})

Pulling = Callable[..., dict[str, Fact]]


class Hurried(pacing.PacedAdapter):
    """Whole answers have a fifth of a second, so that slow ones need no minute to be found out."""

    @property
    def deadline(self) -> float:
        return self._deadline

    @deadline.setter
    def deadline(self, value: float) -> None:
        self._deadline = value if value == math.inf else min(value, time.monotonic() + 0.2)


def once(fault: Any) -> list[Any]:
    """The second page comes out spoilt the first time."""
    return [None, fault]


def cut(good: Reply) -> Reply:
    return replace(good, declared=len(good.body) + 100)


def broken(good: Reply) -> Reply:
    return replace(good, body=good.body[: len(good.body) // 2], declared=len(good.body), reset=True)


def not_json(good: Reply) -> Reply:
    return replace(good, body=good.body[:-1])


def web_page(_good: Reply) -> Reply:
    return HTML


def failed(_good: Reply) -> Reply:
    return reply({"error": PLANTED}, status=503)


PASSING = [cut, broken, not_json, web_page, failed]


class Conformance(Declared):
    """Subclass it as `TestSomething`, declare the connector, and pytest runs every fault against it."""

    @pytest.fixture
    def vendor(self) -> Iterator[Vendor]:
        """Three pages."""
        with selling(self) as vendor:
            yield stocked(vendor)

    @pytest.fixture(autouse=True)
    def waits(self, monkeypatch: pytest.MonkeyPatch) -> list[float]:
        """The seconds that were to be waited; nothing waits, and few pages are many."""
        waits: list[float] = []
        monkeypatch.setattr(waiting, "pause", waits.append)
        monkeypatch.setattr(paging, "MAX_PAGES", CAP)
        return waits

    @pytest.fixture(autouse=True)
    def discreet(self, caplog: pytest.LogCaptureFixture) -> Iterator[None]:
        """No log, whatever the test, holds a secret or words of a record."""
        caplog.set_level(logging.DEBUG)
        yield
        self._tells_nothing(caplog.text)

    def _tells_nothing(self, text: str) -> None:
        options = self.connector.options.model_validate(self.options("http://127.0.0.1:1"))
        for secret in secrets_of(options):
            assert secret not in text, "a secret is shown"
        assert PLANTED not in text, "words of a record are shown"

    def _pull(self, vendor: Vendor, **part: Any) -> dict[str, Fact]:
        return gathered(Opened(self, vendor.url).pages(**part))

    def _fails(self, vendor: Vendor, *kinds: type[PullError], url: str | None = None) -> PullError:
        """The error that a pull must end in; what it yielded before lies on the first page."""
        got: list[Page] = []
        with pytest.raises(kinds or PullError) as caught:
            got.extend(Opened(self, url or vendor.url).pages())
        self._tells_nothing(str(caught.value))
        assert len(vendor.asked) <= MANY, "it goes on asking"
        return caught.value

    # --- the shape ---------------------------------------------------------------------------------------------------

    def test_a_sound_list_is_read_to_its_end(self, vendor: Vendor) -> None:
        opened = Opened(self, vendor.url)
        assert len(gathered(opened.pages())) == len(vendor.holds)
        assert opened.usage.requests >= 3, "count requests by using connectors.api.Client"

    def test_check_finds_nothing_wrong(self, vendor: Vendor) -> None:
        assert Opened(self, vendor.url).source.check() == []

    def test_check_says_what_is_refused(self, vendor: Vendor) -> None:
        vendor.everywhere = reply({"error": PLANTED}, status=401)
        problems = Opened(self, vendor.url).source.check()
        assert problems, "check() must report refused credentials, not raise"
        self._tells_nothing("\n".join(problems))

    def test_unknown_fields_are_ignored(self, vendor: Vendor) -> None:
        whole = self._pull(vendor)
        self._alter(vendor, lambda records: [planted(record) for record in records])
        assert self._pull(vendor) == whole

    @pytest.mark.parametrize("how", ["missing", "null", "null beside errors", "not a list"])
    def test_a_list_that_is_not_there_is_a_data_error(self, vendor: Vendor, how: str) -> None:
        vendor.always = lambda good: with_body(good, lambda body: self._listless(body, how))
        self._fails(vendor, DataError)

    def test_what_stood_before_a_broken_page_is_all_that_is_kept(self, vendor: Vendor) -> None:
        whole = self._pull(vendor)
        vendor.faults = [None]
        vendor.always = lambda good: with_body(good, lambda body: self._listless(body, "missing"))
        got: list[Page] = []
        with pytest.raises(DataError):
            got.extend(Opened(self, vendor.url).pages())
        kept = gathered(got)
        assert len(kept) <= self.page_size, "a page in error brings nothing"
        assert kept.items() <= whole.items()

    @pytest.mark.parametrize("how", ["missing", "an object", "a list"])
    def test_a_field_missing_or_of_another_type_is_named(self, vendor: Vendor, how: str) -> None:
        def spoil(holder: Any, key: str) -> None:
            if how == "missing":
                del holder[key]
            else:
                holder[key] = {"words": PLANTED} if how == "an object" else [PLANTED]

        self._alter(vendor, lambda records: [*records[:-1], at_path(records[-1], self.required, spoil)])
        assert self.required.rpartition(".")[2] in str(self._fails(vendor, DataError))

    def _listless(self, body: Any, how: str) -> Any:
        if not self.records:
            return {"errors": [PLANTED]} if "errors" in how else None if how == "null" else {"words": PLANTED}

        def spoil(holder: Any, key: str) -> None:
            if how == "missing":
                del holder[key]
            else:
                holder[key] = {"words": PLANTED} if how == "not a list" else None

        changed = at_path(body, self.records, spoil)
        return changed | {"errors": [{"message": PLANTED}]} if "errors" in how else changed

    def _alter(self, vendor: Vendor, change: Callable[[list[Any]], list[Any]]) -> None:
        def changed(body: Any) -> Any:
            if not self.records:
                return change(body)
            return at_path(body, self.records, lambda holder, key: holder.update({key: change(holder[key])}))

        vendor.always = lambda good: with_body(good, lambda body: changed(body) if self._rows(body) else body)

    def _rows(self, body: Any) -> Any:
        found: list[Any] = [body]
        if self.records:
            at_path(body, self.records, lambda holder, key: found.append(holder[key]))
        return found[-1]

    # --- going on, and ending ----------------------------------------------------------------------------------------

    def test_a_list_that_stands_still_ends_in_an_error(self, vendor: Vendor) -> None:
        """The same cursor or link again; with numbered pages, the last page again past the end."""
        numbers = self._in_order(vendor)[: self.page_size]
        records = [self.record(number, vendor.holds[number]) for number in numbers]
        vendor.always = lambda _good: vendor.page(vendor.asked[-1], records, self.token(numbers[-1]))
        self._fails(vendor, DataError)

    def test_pages_in_a_ring_end_in_an_error(self, vendor: Vendor) -> None:
        if self.paging in ("page", "offset"):
            pytest.skip("numbered pages have no ring")
        numbers = self._in_order(vendor)
        halves = [numbers[: self.page_size], numbers[self.page_size : 2 * self.page_size]]
        turns = iter(range(MANY + 1))

        def ring(_good: Reply) -> Reply:
            part = halves[next(turns) % 2]
            records = [self.record(number, vendor.holds[number]) for number in part]
            return vendor.page(vendor.asked[-1], records, self.token(part[-1]))

        vendor.always = ring
        self._fails(vendor, DataError)

    def _in_order(self, vendor: Vendor) -> list[int]:
        newest_first = self.order == "newest_first"
        return sorted(vendor.holds, key=lambda number: vendor.holds[number], reverse=newest_first)

    def test_pages_without_end_end_in_an_error(self, vendor: Vendor) -> None:
        first = 1_000

        def another(_good: Reply) -> Reply:
            base = first + len(vendor.asked) * self.page_size
            numbers = range(base, base + self.page_size)
            records = [self.record(number, NOW - DAY) for number in numbers]
            return vendor.page(vendor.asked[-1], records, self.token(numbers[-1]))

        vendor.always = another
        self._fails(vendor, DataError)

    def test_an_empty_page_in_the_middle_is_not_the_end(self, vendor: Vendor) -> None:
        if self.paging in ("page", "offset"):
            pytest.skip("an empty page is how numbered pages end")
        whole = self._pull(vendor)
        last = self.token(self._in_order(vendor)[self.page_size - 1])
        vendor.faults = [lambda _good: vendor.page(vendor.asked[-1], [], last)]
        try:
            found = self._pull(vendor)
        except DataError:
            return  # where the vendor cannot go on behind an empty page, saying so is right
        assert found.keys() >= set(list(whole)[self.page_size :]), "rows behind an empty page are lost"

    def test_a_link_to_elsewhere_is_refused(self, vendor: Vendor) -> None:
        if self.paging != "link":
            pytest.skip("the next page is not named by a link")
        with selling(self) as thief:
            stocked(thief)
            there = f"{thief.url}{self.path}?after={self.token(1)}"
            records = [self.record(1, NOW - DAY)]
            vendor.always = lambda _good: _plain(self.page(records, there))
            self._fails(vendor)
            assert thief.seen == [], "credentials were sent elsewhere"

    def test_a_redirect_to_elsewhere_is_refused(self, vendor: Vendor) -> None:
        with selling(self) as thief:
            stocked(thief)
            vendor.always = reply(status=302, headers={"Location": f"{thief.url}{self.path}?words={PLANTED}"})
            self._fails(vendor)
            assert thief.seen == [], "credentials were sent elsewhere"

    # --- waiting, and giving up --------------------------------------------------------------------------------------

    @pytest.mark.parametrize(
        ("headers", "least"),
        [
            ({"Retry-After": "7"}, 7.0),
            ({"Retry-After": "1.5"}, 1.5),
            (
                {"Retry-After": formatdate(2_000_000_030, usegmt=True), "Date": formatdate(2_000_000_000, usegmt=True)},
                30,
            ),
            ({"X-RateLimit-Reset": "9"}, 9.0),
            ({"X-RateLimit-Reset": str(THEN + 20), "Date": formatdate(THEN, usegmt=True)}, 20.0),
            ({"Retry-After": "soon"}, 0.1),
            ({}, 0.1),
        ],
    )
    def test_a_wait_that_is_asked_for_is_honoured(
        self, vendor: Vendor, waits: list[float], headers: dict[str, str], least: float
    ) -> None:
        whole = self._pull(vendor)
        vendor.faults = once(reply({"error": PLANTED}, status=429, headers=headers))
        began = time.monotonic()
        assert self._pull(vendor) == whole
        assert least <= sum(waits) + time.monotonic() - began <= least + 30

    def test_six_hours_are_not_waited_for(self, vendor: Vendor, waits: list[float]) -> None:
        vendor.always = reply({}, status=429, headers={"Retry-After": str(SIX_HOURS)})
        error = self._fails(vendor, TransientError)
        assert isinstance(error, TransientError)
        assert sum(waits) == 0
        assert error.retry_after is not None, "say when to come back: TransientError(message, retry_after)"
        assert abs(error.retry_after - (NOW + SIX_HOURS * 1_000)) < MINUTE

    def test_a_storm_of_429_ends(self, vendor: Vendor, waits: list[float]) -> None:
        vendor.always = reply({}, status=429, headers={"Retry-After": "1"})
        self._fails(vendor, TransientError)
        assert sum(waits) <= PATIENCE

    @pytest.mark.parametrize("fault", PASSING, ids=lambda fault: str(fault.__name__))
    def test_a_passing_fault_is_tried_again(self, vendor: Vendor, fault: Any) -> None:
        whole = self._pull(vendor)
        vendor.faults = once(fault)
        assert self._pull(vendor) == whole

    @pytest.mark.parametrize("fault", PASSING, ids=lambda fault: str(fault.__name__))
    def test_a_lasting_fault_ends(self, vendor: Vendor, waits: list[float], fault: Any) -> None:
        vendor.always = fault
        self._fails(vendor, TransientError, DataError)
        assert sum(waits) <= PATIENCE

    @pytest.mark.parametrize("slowly", [{"drip": 0.05}, {"drip_head": 0.05}])
    def test_slow_bytes_end(self, vendor: Vendor, monkeypatch: pytest.MonkeyPatch, slowly: dict[str, float]) -> None:
        monkeypatch.setattr(web, "PacedAdapter", Hurried)
        vendor.always = lambda good: replace(good, **slowly)  # type: ignore[arg-type]
        began = time.monotonic()
        self._fails(vendor, TransientError)
        assert time.monotonic() - began < 90

    @pytest.mark.parametrize("status", [401, 403])
    def test_refused_credentials_are_not_tried_again(self, vendor: Vendor, waits: list[float], status: int) -> None:
        vendor.always = reply({"error": PLANTED}, status=status)
        self._fails(vendor, ConfigError)
        assert sum(waits) <= 1
        assert len(vendor.asked) <= 2, "at most once more, with fresh credentials"

    def test_a_post_that_may_have_been_acted_on_is_not_sent_again(self, vendor: Vendor) -> None:
        vendor.everywhere = reply({}, status=500)
        with pytest.raises(PullError):
            list(Opened(self, vendor.url).pages())
        posts = [seen.path for seen in vendor.seen if seen.method == "POST" and seen.path not in self.safe_posts]
        assert len(posts) == len(set(posts)), "declare a POST that only reads in `safe_posts`"

    @pytest.mark.parametrize("url", ["http://127.0.0.1:1", "http://nowhere.invalid", "https://127.0.0.1:{port}"])
    def test_a_host_out_of_reach_is_transient(self, vendor: Vendor, waits: list[float], url: str) -> None:
        self._fails(vendor, TransientError, url=url.format(port=vendor.url.rpartition(":")[2]))
        assert sum(waits) <= PATIENCE

    # --- nothing lost, nothing twice ---------------------------------------------------------------------------------

    def test_a_kill_behind_any_page_loses_nothing(self, vendor: Vendor) -> None:
        pages = list(Opened(self, vendor.url).pages())
        whole = gathered(pages)
        for kept, last in enumerate(pages, 1):
            rest = list(Opened(self, vendor.url).pages(position=last.position))
            assert gathered(pages[:kept] + rest) == whole, f"killed behind page {kept}"

    def test_what_is_new_since_a_kill_pushes_nothing_out(self, vendor: Vendor) -> None:
        pages = list(Opened(self, vendor.url).pages())
        whole = gathered(pages)
        for kept, last in enumerate(pages, 1):
            vendor.holds[100 + kept] = NOW - MINUTE + kept * 1_000
            rest = list(Opened(self, vendor.url).pages(position=last.position))
            assert gathered(pages[:kept] + rest).keys() >= whole.keys(), f"killed behind page {kept}"

    def test_a_record_twice_across_pages_counts_once(self, vendor: Vendor) -> None:
        whole = self._pull(vendor)
        vendor.twice = {self._in_order(vendor)[self.page_size - 1]}
        assert self._pull(vendor) == whole

    def test_a_second_night_misses_nothing(self, vendor: Vendor) -> None:
        """Records at the very boundary, and one that shows up late with an older time."""
        first = Opened(self, vendor.url)
        before = gathered(first.pages())
        lookback = 0 if first.everything else first.lookback
        late: Instant = NOW - lookback // 2_000 * 1_000
        vendor.holds |= {201: NOW, 202: late, 203: NOW + DAY - 1_000}
        second = Opened(self, vendor.url, now=NOW + DAY)
        after = gathered(second.pages(start=NOW - lookback))
        assert len(after.keys() - before.keys()) == 3

    # --- size --------------------------------------------------------------------------------------------------------

    def test_one_huge_record_is_read(self, vendor: Vendor) -> None:
        whole = self._pull(vendor)
        fill = "x" * 20_000_000
        self._alter(vendor, lambda records: [{**records[0], "conformance_note": fill}, *records[1:]])
        vendor.faults, vendor.always = [vendor.always], None
        assert self._pull(vendor) == whole

    def test_memory_stays_flat_over_many_pages(self, vendor: Vendor, monkeypatch: pytest.MonkeyPatch) -> None:
        import tracemalloc  # noqa: PLC0415 -- for this test alone

        monkeypatch.setattr(paging, "MAX_PAGES", 10_000)
        stocked(vendor, pages=80)
        fill = "x" * 50_000
        self._alter(vendor, lambda records: [{**records[0], "conformance_note": fill}, *records[1:]])
        walk = iter(Opened(self, vendor.url).pages())
        tracemalloc.start()
        try:
            sizes = [_size_after(vendor) for _ in walk]
        finally:
            tracemalloc.stop()
        assert sizes[-2] - sizes[len(sizes) // 3] < GROWN, "it holds on to pages that it has yielded"


def _size_after(vendor: Vendor) -> int:
    import tracemalloc  # noqa: PLC0415

    vendor.seen.clear()
    vendor.asked.clear()
    return tracemalloc.get_traced_memory()[0]


def _plain(body: Any) -> Reply:
    return body if isinstance(body, Reply) else reply(body)
