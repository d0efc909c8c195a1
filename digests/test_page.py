"""The site as a browser and a screen reader find it."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest

from digests import page
from digests.page import write_site
from okr_model.beliefs import Belief
from okr_model.exchange import Reading
from okr_model.scorecard import KeyResultCard
from okr_model.site import KeyResultPage, Said, Site, source_health
from okr_model.site_map import key_result_page, objective_page

replace = msgspec.structs.replace
VOID = ("meta", "br", "img", "link", "input", "hr")


class Tags(HTMLParser):
    """Start tags with attributes, and the nesting checked."""

    def __init__(self, written: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.words = ""
        self.feed(written)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_data(self, data: str) -> None:
        self.words += data

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def named(self, *names: str) -> list[dict[str, str | None]]:
        return [attrs for tag, attrs in self.tags if tag in names]


def text(file: Path) -> str:
    """What is written, without the style."""
    return re.sub(r"<style>.*?</style>", "", " ".join(file.read_text(encoding="utf-8").split()))


def of(site: Site, key_result: str) -> KeyResultPage:
    return next(each for each in site.pages if each.card.id == key_result)


def changed(site: Site, page: KeyResultPage) -> Site:
    """The same with another page, and its card in the scorecard."""
    objectives = tuple(
        replace(each, key_results=tuple(page.card if card.id == page.card.id else card for card in each.key_results))
        for each in site.scorecard.objectives
    )
    pages = tuple(page if each.card.id == page.card.id else each for each in site.pages)
    return replace(site, scorecard=replace(site.scorecard, objectives=objectives), pages=pages)


def test_the_overview_says_how_everything_stands(tmp_path: Path, site: Site) -> None:
    index = write_site(site, tmp_path / "scorecard")
    assert index == tmp_path / "scorecard" / "index.html"
    written = text(index)
    for card in site.scorecard.cards():
        assert card.title in written
        assert card.reason[1:] in written
        assert f'href="kr/{card.id}.html"' in written
    assert "19.6 h<small>target 12 h<br>planned 16.4 h</small>" in written
    assert "day 53 of 92" in written
    assert "41 to 74 % of the way, 1 of 2 unknown" in written
    assert "Due by 25 Nov: Bo (monitoring)." in written


def test_what_needs_attention_and_what_is_not_known_have_places_of_their_own(tmp_path: Path, site: Site) -> None:
    written = text(write_site(site, tmp_path / "scorecard"))
    attention = written.split("Needs attention")[1].split("What is not known")[0]
    unknown = written.split("What is not known")[1].split("<section")[0]
    assert "Reduce average content review time" in attention
    assert "Heads for 17 to 19 h by the end of the cycle. Needs 18.7 h or less by 29 Nov for At Risk." in attention
    assert "Real-time transaction monitoring" in unknown
    assert "The source payments could not be read; operations has been told." in unknown
    assert "1 of 5 key results" in unknown


def test_sources_say_when_they_were_read_and_what_operators_must_do(tmp_path: Path, site: Site) -> None:
    written = text(write_site(site, tmp_path / "scorecard")).split("Where the numbers come from")[1]
    assert written.index("payments") < written.index("trust-queue")  # the broken one first
    assert "Stripe refused the key (401)." in written
    assert "<b>For operations:</b> The system refused what sources.yaml says under payments" in written
    assert "<code>okr sources test payments</code>" in written
    assert "644 new or changed, 8,000 as before" in written
    assert "not pulled yet" in written.split("warehouse")[1]
    assert "4 sources, 1 not read" in written


def test_each_objective_has_a_page_with_its_key_results_and_what_was_said(tmp_path: Path, site: Site) -> None:
    write_site(site, tmp_path / "scorecard")
    written = text(tmp_path / "scorecard" / objective_page("moderation"))
    assert 'href="../index.html"' in written
    assert 'href="../kr/review-time.html"' in written
    assert "two appeals reviewers left" in written
    assert "monitoring" not in written


def test_a_key_result_shows_where_its_number_comes_from(tmp_path: Path, site: Site) -> None:
    write_site(site, tmp_path / "scorecard")
    written = text(tmp_path / "scorecard" / "kr" / "review-time.html")
    assert "<dt>number</dt><dd>19.6 h</dd>" in written
    assert "What the next better status takes:</b> 18.7 h or less by 29 Nov for At Risk" in written
    assert "<dt>Planned by now</dt><dd><b>16.4 h</b></dd>" in written
    assert "17 to 19 h</b><small>80 % range of the final reading" in written
    assert "Baseline 24 h over 1 Jul to 30 Sep" in written
    assert "confidence 4 of 10" in written
    assert "2026-11-22</th>" in written
    assert ">dddddddd</td><td>r1</td>" in written


@pytest.mark.parametrize(
    ("progress", "told"),
    [(4.8, "<b>100 %</b>"), (4.8, "past its target; expected 63.3 %"), (-0.2, "<b>0 %</b>"), (-0.2, "worse than")],
)
def test_progress_is_shown_within_its_bounds_and_said_beyond_them(
    tmp_path: Path, site: Site, progress: float, told: str
) -> None:
    mine = of(site, "review-time")
    beyond = changed(site, replace(mine, card=replace(mine.card, progress=progress)))
    write_site(beyond, tmp_path / "scorecard")
    assert told in text(tmp_path / "scorecard" / "kr" / "review-time.html")


def test_periods_are_shown_one_by_one(tmp_path: Path, site: Site) -> None:
    write_site(site, tmp_path / "scorecard")
    parts = text(tmp_path / "scorecard" / "kr" / "monitoring.html")
    assert '<li class="met"><small>October</small><b>96.4 %</b>' in parts
    assert '<li class="unknown"><small>November</small><small>' in parts
    assert "Periods: 1 met, 1 unknown" in text(tmp_path / "scorecard" / "index.html")


def test_what_was_restated_is_struck_through_and_what_has_no_value_says_why(tmp_path: Path, site: Site) -> None:
    mine = of(site, "review-time")
    now = mine.card.reading
    assert isinstance(now, Reading)
    failed = replace(now, state="none", value=None, exact=None, reason="source_error: refused (401)", n=0)
    old = replace(now, value=21.0, exact="21")
    beliefs = (Belief(failed, None), Belief(now, None), Belief(old, now.recorded_at))
    write_site(changed(site, replace(mine, beliefs=beliefs)), tmp_path / "scorecard")
    written = text(tmp_path / "scorecard" / "kr" / "review-time.html")
    assert "no value: source_error: refused (401)" in written
    assert "<b>19.6 h</b>" in written
    assert "<s>21 h</s> until 23 Nov 03:00" in written


def test_the_pages_are_accessible_and_need_no_script(tmp_path: Path, site: Site) -> None:
    write_site(site, tmp_path / "scorecard")
    files = sorted((tmp_path / "scorecard").rglob("*.html"))
    assert len(files) == 1 + 2 + 5
    for file in files:
        written = Tags(file.read_text(encoding="utf-8"))
        assert written.open == []
        assert written.named("html") == [{"lang": "en"}]
        assert [len(written.named(each)) for each in ("h1", "main", "header", "footer")] == [1, 1, 1, 1]
        assert written.named("script", "link", "img", "iframe", "object", "form") == []
        assert all(cell["scope"] in ("col", "row") for cell in written.named("th"))
        assert len(written.named("table")) == len(written.named("caption"))
        assert all(each["aria-label"] for each in written.named("div") if each.get("role") == "img")
        ids = [attrs["id"] for _, attrs in written.tags if "id" in attrs]
        assert len(set(ids)) == len(ids)
        levels = [int(tag[1]) for tag, _ in written.tags if re.fullmatch("h[1-6]", tag)]
        assert all(later - sooner <= 1 for sooner, later in pairwise(levels))


def test_every_link_leads_to_a_page_or_a_place_that_is_there(tmp_path: Path, site: Site) -> None:
    root = write_site(site, tmp_path / "scorecard").parent
    for file in root.rglob("*.html"):
        tags = Tags(file.read_text(encoding="utf-8"))
        ids = {attrs.get("id") for _, attrs in tags.tags}
        for link in tags.named("a"):
            target = link["href"] or ""
            assert target.removeprefix("#") in ids if target.startswith("#") else (file.parent / target).is_file()


HOSTILE = (
    '"><script>alert(1)</script>',
    "javascript:alert(1)//`<img src=x onerror=alert(1)>`",
    "</style></title></svg><svg onload=alert(1)>",
    "{{ scorecard.run_id }}{% raw %}",
    "\u202eevil\u202c \U0001f4a5",
)


def hostile_page(page: KeyResultPage, bad: str) -> KeyResultPage:
    card: KeyResultCard = replace(
        page.card, title=bad, reason=bad, owner=bad, notes=(bad,), unit=bad, needs=bad, sources=(bad,), target_text=bad
    )
    said = tuple(
        Said(each.day, each.at, replace(each.note, title=bad, who=bad, texts=((bad, bad),))) for each in page.notes
    )
    figures = tuple(
        replace(
            figure,
            part=replace(figure.part, name=bad, reason=bad, unit=bad),
            lines=(bad, f"{bad}: {bad}"),
            graph=figure.graph and replace(figure.graph, spark=replace(figure.graph.spark, unit=bad, sentence=bad)),
        )
        for figure in page.figures
    )
    return replace(page, card=card, notes=said, figures=figures, remarks=(bad,))


@pytest.mark.parametrize("bad", HOSTILE)
def test_hostile_words_stay_words(tmp_path: Path, site: Site, bad: str) -> None:
    pages = tuple(hostile_page(each, bad) for each in site.pages)
    cards = {each.card.id: each.card for each in pages}
    objectives = tuple(
        replace(each, title=bad, owner=bad, key_results=tuple(cards[card.id] for card in each.key_results))
        for each in site.scorecard.objectives
    )
    scorecard = replace(site.scorecard, objectives=objectives, run_id=bad)
    sources = (source_health(bad, None, None, (), scorecard),)
    root = write_site(replace(site, scorecard=scorecard, pages=pages, sources=sources, due=bad), tmp_path / "x").parent
    for file in root.rglob("*.html"):
        tags = Tags(file.read_text(encoding="utf-8"))
        assert tags.open == []
        assert tags.named("script", "img", "object") == []
        assert {name for tag, attrs in tags.tags for name in attrs if name.startswith("on")} == set()
        assert all(not (link["href"] or "").startswith("javascript") for link in tags.named("a"))
        assert bad in tags.words


def test_ids_that_a_file_cannot_bear_have_pages_of_their_own(tmp_path: Path, site: Site) -> None:
    ids = ["../../x", "A", "a", "x/y", "x-y"]
    pages = tuple(replace(each, card=replace(each.card, id=name)) for each, name in zip(site.pages, ids, strict=True))
    objective = replace(site.scorecard.objectives[0], key_results=tuple(each.card for each in pages))
    odd = replace(site, scorecard=replace(site.scorecard, objectives=(objective,)), pages=pages)
    root = write_site(odd, tmp_path / "scorecard").parent
    assert {str(file.relative_to(root)) for file in root.rglob("kr/*.html")} == {key_result_page(name) for name in ids}


def test_a_new_site_takes_the_place_of_the_old_one(tmp_path: Path, site: Site) -> None:
    write_site(site, tmp_path / "scorecard")
    kept = site.scorecard.objectives[:1]
    pages = tuple(page for page in site.pages if page.card.objective == kept[0].id)
    write_site(replace(site, scorecard=replace(site.scorecard, objectives=kept), pages=pages), tmp_path / "scorecard")
    assert (tmp_path / "scorecard" / "kr" / "review-time.html").exists()
    assert not (tmp_path / "scorecard" / "kr" / "monitoring.html").exists()


def test_a_failure_leaves_the_old_site(tmp_path: Path, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    index = write_site(site, tmp_path / "scorecard")
    before = index.read_text(encoding="utf-8")
    real = page._write

    def full(file: Path, template: str, **values: object) -> None:
        if template == "key_result.html":
            raise OSError("no space left")
        real(file, template, **values)

    monkeypatch.setattr(page, "_write", full)
    with pytest.raises(OSError, match="no space"):
        write_site(replace(site, due="new"), index.parent)
    assert index.read_text(encoding="utf-8") == before
