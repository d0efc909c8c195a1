"""A real Prometheus with back-filled hourly series: what it answers, and what becomes of that."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from connectors.api import ConfigError, Context, DataError, Span
from connectors.prometheus import CONNECTOR
from tests.place import Site

HOUR, DAY = 3_600, 86_400
START = 1_790_812_800  # 2026-10-01
DAYS = 30  # past 25 October, when the clocks go back in Berlin
END = START + DAYS * DAY

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a server that holds a month: 10 reviews of 1800 s each hour, in two queues."""
    if not (shutil.which("prometheus") and shutil.which("promtool")):
        told = "prometheus and promtool are not on PATH: tests/real/install brings them"
        (pytest.fail if os.environ.get("OKR_REQUIRE_REAL") == "1" else pytest.skip)(told)
    folder = tmp_path_factory.mktemp("prometheus")
    (folder / "history.om").write_text(_history())
    (folder / "prometheus.yml").write_text("global: {scrape_interval: 1h}\n")
    command = [
        "promtool",
        "tsdb",
        "create-blocks-from",
        "--max-block-duration=1024h",
        "openmetrics",
        "history.om",
        "data",
    ]
    subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=60)
    yield from _serving(folder)


def _history() -> str:
    lines = []
    for name, each in (("review_seconds_sum", 18_000), ("review_seconds_count", 10)):
        lines.append(f"# TYPE {name} counter")
        for queue, share in (("spam", 0.5), ("abuse", 0.5)):
            lines += [
                f'{name}_total{{queue="{queue}"}} {hour * each * share} {START + hour * HOUR}'
                for hour in range(DAYS * 24 + 1)
            ]
    return "\n".join([*lines, "# EOF", ""])


def _serving(folder: Path) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    options = ["--storage.tsdb.path=data", "--storage.tsdb.retention.time=100y", f"--web.listen-address={address}"]
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(
            ["prometheus", "--config.file=prometheus.yml", *options], cwd=folder, stdout=log, stderr=log
        )
        try:
            _wait_for(f"http://{address}/-/ready", server)
            yield f"http://{address}"
        finally:
            server.terminate()
            server.wait(30)


def _wait_for(url: str, server: subprocess.Popen[bytes]) -> None:
    ends = time.monotonic() + 60
    while time.monotonic() < ends and server.poll() is None:
        try:
            if requests.get(url, timeout=1).ok:
                return
        except requests.ConnectionError:
            time.sleep(0.1)
    pytest.fail("Prometheus did not get ready")


@pytest.fixture
def ask(prometheus: str, tmp_path: Path) -> Callable[..., Any]:
    """Puts a query to it, over the week that ends after `days` of its history and `minutes` more."""

    def asks(query: str, days: float = 10, minutes: int = 0) -> float | None:
        options = CONNECTOR.options.model_validate({"base_url": prometheus})
        source: Any = CONNECTOR.open(options, Context("prom", END * 1_000, tmp_path))
        assert source.check() == []
        end = round(START + days * DAY + minutes * 60) * 1_000
        value: float | None = source.read(query, Span(start=end - 7 * DAY * 1_000, end=end)).value
        return value

    return asks


def test_a_mean_over_the_window(ask: Callable[..., Any]) -> None:
    query = "sum(increase(review_seconds_sum_total[{window}])) / sum(increase(review_seconds_count_total[{window}]))"
    assert ask(query) == pytest.approx(1_800)


def test_a_ratio_with_its_parts(prometheus: str, tmp_path: Path) -> None:
    exact = "sum(review_seconds_{}_total - review_seconds_{}_total offset {window})"
    over, under = (exact.replace("{}", name) for name in ("sum", "count"))
    query = (
        f'label_replace({over}, "part", "numerator", "", "") or label_replace({under}, "part", "denominator", "", "")'
        f' or label_replace(round({under}), "part", "n", "", "")'
    )
    options = CONNECTOR.options.model_validate({"base_url": prometheus})
    source: Any = CONNECTOR.open(options, Context("prom", END * 1_000, tmp_path))
    end = (START + 10 * DAY) * 1_000
    found = source.read(query, Span(start=end - 7 * DAY * 1_000, end=end))
    assert (found.numerator, found.denominator, found.n) == (1_680 * 1_800, 1_680, 1_680)


def test_increase_extrapolates_what_last_minus_first_does_not(ask: Callable[..., Any]) -> None:
    assert ask("sum(increase(review_seconds_count_total[{window}]))") == pytest.approx(1_680, rel=0.01)
    exact = "sum(review_seconds_count_total - review_seconds_count_total offset {window})"
    assert ask(exact) == 1_680


def test_a_sample_older_than_five_minutes_is_not_seen_and_not_zero(ask: Callable[..., Any]) -> None:
    assert ask("sum(review_seconds_count_total)", minutes=30) is None
    assert ask("sum(last_over_time(review_seconds_count_total[1h]))", minutes=30) == 2_400


def test_before_and_after_its_history_there_is_no_value(ask: Callable[..., Any]) -> None:
    query = "sum(increase(review_seconds_count_total[{window}]))"
    assert ask(query, days=-30) is None
    assert ask(query, days=DAYS + 30) is None


def test_nothing_by_nothing_is_no_value_and_a_true_zero_is_zero(ask: Callable[..., Any]) -> None:
    assert ask("sum(review_seconds_count_total * 0) / sum(review_seconds_count_total * 0)") is None
    assert ask("sum(review_seconds_count_total) / 0") is None
    assert ask("sum(review_seconds_count_total * 0)") == 0.0


def test_several_series_are_refused(ask: Callable[..., Any]) -> None:
    with pytest.raises(DataError, match="several"):
        ask("review_seconds_count_total")


def test_a_range_is_refused(ask: Callable[..., Any]) -> None:
    with pytest.raises(DataError, match="no number"):
        ask("review_seconds_count_total[{window}]")


@pytest.mark.parametrize("query", ["sum(", "rate(review_seconds_count_total)", "review_seconds_count_total +"])
def test_a_query_that_cannot_be_read_is_for_people_to_mend(ask: Callable[..., Any], query: str) -> None:
    with pytest.raises(ConfigError, match="does not accept the query"):
        ask(query)


def test_a_query_that_cannot_be_run_is_for_people_to_mend(ask: Callable[..., Any]) -> None:
    """The two queues match the one sum twice over: 422."""
    with pytest.raises(ConfigError, match="does not accept the query"):
        ask("review_seconds_count_total * on () review_seconds_sum_total")


def test_every_night_of_the_month_at_once(prometheus: str, site: Callable[..., Site]) -> None:
    """Seven local days are 169 hours where the clocks go back; before the history's first week there is no value."""
    exact = "sum(review_seconds_count_total - review_seconds_count_total offset {window})"
    metric = f"unit: count, better: higher, source: prom, query: '{exact}', window: {{trailing: 7d}}"
    place = site(f"prom: {{connector: prometheus, base_url: '{prometheus}'}}", {"reviews": metric})
    report = place.okr_json("sync", now="2026-10-31T05:00:00+01:00")
    assert report["readings"]["reviews"]["value"] == 1_690
    told = place.okr("history", "reviews", now="2026-10-31T05:00:00+01:00").stdout
    found = {int(day): word for day, word in re.findall(r"^2026-10-(\d\d)  reviews +(empty|1,\d+)", told, re.MULTILINE)}
    before = dict.fromkeys(range(1, 8), "empty")
    assert found == before | dict.fromkeys(range(8, 25), "1,680") | dict.fromkeys(range(25, 31), "1,690")
