"""The site as a browser and a screen reader find it."""

from __future__ import annotations

from collections.abc import Mapping
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import msgspec
import pytest

from digests import page
from digests.page import write_site
from okr_model.digest import Spark
from okr_model.exchange import Coverage, Reading, SourceOutcome
from okr_model.scorecard import Scorecard
from okr_model.site_map import key_result_page


class Tags(HTMLParser):
    """Start tags with attributes, and the nesting checked."""

    def __init__(self, written: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(written)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "br", "img"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def named(self, *names: str) -> list[dict[str, str | None]]:
        return [attrs for tag, attrs in self.tags if tag in names]


@pytest.fixture
def given(
    histories: Mapping[str, Spark], now: Scorecard, outcomes: list[SourceOutcome], coverages: list[Coverage]
) -> dict[str, Any]:
    readings = {card.id: [card.reading] for card in now.cards() if card.reading}
    return {"histories": histories, "readings": readings, "outcomes": outcomes, "coverages": coverages}


def text(file: Path) -> str:
    return " ".join(file.read_text(encoding="utf-8").split())


def test_the_index_says_how_everything_stands(tmp_path: Path, now: Scorecard, given: dict[str, Any]) -> None:
    index = write_site(now, tmp_path / "scorecard", **given)
    assert index == tmp_path / "scorecard" / "index.html"
    written = text(index)
    for card in now.cards():
        assert card.title in written
        assert card.reason[1:] in written
        assert f'href="kr/{card.id}.html"' in written
    assert "19.6 h<small>target 12 h<br>planned 16.4 h</small>" in written
    assert "day 53 of 92" in written
    assert "41 to 74 % of the way, 1 of 2 unknown, worst: Stale" in written
    assert "stripe refused the key (401)" in written
    assert "644 new or changed, 8,000 as before" in written


def test_a_key_result_shows_where_its_number_comes_from(tmp_path: Path, now: Scorecard, given: dict[str, Any]) -> None:
    write_site(now, tmp_path / "scorecard", **given)
    written = text(tmp_path / "scorecard" / "kr" / "trained.html")
    assert "16 to 22 Nov (16 Nov 00:00 to 23 Nov 00:00, Europe/Berlin)" in written
    assert "<dd>42 / 42</dd>" in written
    assert "definition dddddddddddd" in written
    parts = text(tmp_path / "scorecard" / "kr" / "monitoring.html")
    assert "2026-10 met; 2026-11 unknown" in parts
    assert '<th scope="row">live</th><td class="keep">done</td>' in parts


def test_a_reading_without_a_value_says_why_and_shows_no_number(
    tmp_path: Path, now: Scorecard, given: dict[str, Any]
) -> None:
    card = now.cards()[0]
    assert isinstance(card.reading, Reading)
    failed = msgspec.structs.replace(
        card.reading, state="none", value=None, exact=None, reason="source_error: refused (401)", n=0
    )
    given["readings"] = {card.id: [card.reading, failed]}
    write_site(now, tmp_path / "scorecard", **given)
    assert "no value: source_error: refused (401)" in text(tmp_path / "scorecard" / "kr" / "review-time.html")


def test_the_pages_are_accessible_and_need_no_script(tmp_path: Path, now: Scorecard, given: dict[str, Any]) -> None:
    write_site(now, tmp_path / "scorecard", **given)
    for file in (tmp_path / "scorecard").rglob("*.html"):
        written = Tags(file.read_text(encoding="utf-8"))
        assert written.open == []
        assert written.named("html") == [{"lang": "en"}]
        assert (
            len(written.named("h1"))
            == len(written.named("main"))
            == len(written.named("title")) - len(written.named("svg"))
        )
        assert written.named("script", "link", "img", "iframe") == []
        assert all(cell["scope"] in ("col", "row") for cell in written.named("th"))
        assert all(chart["role"] == "img" and chart["aria-label"] for chart in written.named("svg"))


def test_hostile_words_stay_words(tmp_path: Path, now: Scorecard, given: dict[str, Any]) -> None:
    bad = '"><script>alert(1)</script>'
    card = msgspec.structs.replace(
        now.cards()[0], id="../../x", title=bad, reason=bad, owner=bad, notes=(bad,), unit=bad
    )
    objective = msgspec.structs.replace(now.objectives[0], title=bad, key_results=(card,))
    spark = msgspec.structs.replace(given["histories"]["review-time"], sentence=bad, unit=bad)
    hostile = msgspec.structs.replace(now, objectives=(objective,), run_id=bad)
    given["histories"] = {card.id: spark}
    write_site(hostile, tmp_path / "scorecard", **given)
    files = sorted((tmp_path / "scorecard").rglob("*.html"))
    assert [file.name for file in files] == ["index.html", Path(key_result_page("../../x")).name]
    assert [Tags(file.read_text(encoding="utf-8")).named("script") for file in files] == [[], []]


def test_a_new_site_takes_the_place_of_the_old_one(tmp_path: Path, now: Scorecard, given: dict[str, Any]) -> None:
    write_site(now, tmp_path / "scorecard", **given)
    fewer = msgspec.structs.replace(now, objectives=now.objectives[:1])
    write_site(fewer, tmp_path / "scorecard", **given)
    assert not (tmp_path / "scorecard" / "kr" / "monitoring.html").exists()


def test_a_failure_leaves_the_old_site(
    tmp_path: Path, now: Scorecard, given: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    index = write_site(now, tmp_path / "scorecard", **given)
    before = index.read_text(encoding="utf-8")

    def full(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(page, "_write_key_results", full)
    with pytest.raises(OSError, match="no space"):
        write_site(msgspec.structs.replace(now, run_id="r2"), index.parent, **given)
    assert index.read_text(encoding="utf-8") == before
