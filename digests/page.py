"""The scorecard as static pages: an overview, one page for each objective, and one for each key result."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup, escape

from digests import svg
from digests.publication import new_edition
from digests.signs import sign
from okr_model import words
from okr_model.changes import ATTENTION, UNKNOWN, sentences, severity, wanted
from okr_model.digest_builder import gap
from okr_model.digest_rows import heads_for
from okr_model.digest_words import (
    actual_text,
    aim_text,
    cut_off,
    cycle_name,
    headline,
    standing_data,
    stands_on_milestone,
    tally,
    way_text,
)
from okr_model.exchange import Reading
from okr_model.scorecard import KeyResultCard, Scorecard
from okr_model.site import KeyResultPage, Said, Site, strip_text
from okr_model.site_map import INDEX, key_result_page, objective_page
from okr_model.words import person

_NEWEST_NOTES = 6


def write_site(site: Site, folder: Path) -> Path:
    """Replaces `folder` by new pages; returns the overview's path.

    A reader sees the old site or the new one, each of them whole. Raises OSError where it cannot be written.
    """
    shared = _shared(site)
    with new_edition(folder) as fresh:
        for name in ("kr", "objective"):
            (fresh / name).mkdir()
        _write(fresh / INDEX, "index.html", up="", notes=_newest(site.pages)[:_NEWEST_NOTES], **shared)
        for objective in site.scorecard.objectives:
            pages = [shared["pages"][card.id] for card in objective.key_results]
            here = {"objective": objective, "rows": pages, "notes": _newest(pages), **shared}
            _write(fresh / objective_page(objective.id), "objective.html", up="../", **here)
            for page in pages:
                own = {"page": page, "card": page.card, "objective": objective, **shared}
                _write(fresh / key_result_page(page.card.id), "key_result.html", up="../", **own)
    return folder / INDEX


def _write(file: Path, template: str, **values: Any) -> None:
    file.write_text(_environment().get_template(template).render(**values), encoding="utf-8")


def _shared(site: Site) -> dict[str, Any]:
    scorecard, zone = site.scorecard, site.scorecard.cycle.timezone
    broken = [source.name for source in site.sources if source.broken]
    cards = scorecard.cards()
    return {
        "site": site,
        "scorecard": scorecard,
        "pages": {page.card.id: page for page in site.pages},
        "cycle": cycle_name(scorecard.cycle.id),
        "headline": headline(scorecard, [], None, broken),
        "progress": _day_of_cycle(scorecard),
        "counts": [(word, count) for word, count in tally(cards) if word not in UNKNOWN],
        "unknown": [card for card in _worst_first(cards) if card.status in UNKNOWN or cut_off(card, broken)],
        "unknown_count": sum(card.status in UNKNOWN for card in cards),
        "attention": [card for card in _worst_first(cards) if card.status in ATTENTION or card.computed is not None],
        "broken": broken,
        "sources": sorted(site.sources, key=lambda source: not source.broken),
        "instant": partial(words.instant, zone=zone),
        "place": words.place(zone),
    }


def _worst_first(cards: Iterable[KeyResultCard]) -> list[KeyResultCard]:
    return sorted(cards, key=lambda card: severity(card.status))


def _day_of_cycle(scorecard: Scorecard) -> str:
    length = (scorecard.cycle.end - scorecard.cycle.start).days
    gone = (scorecard.as_of - scorecard.cycle.start).days + 1
    return f"day {gone} of {length}" if 0 < gone <= length else scorecard.cycle.state


def _newest(pages: Iterable[KeyResultPage]) -> list[Said]:
    """What people said of several key results, the newest first."""
    return sorted((said for page in pages for said in page.notes), key=lambda said: (said.day, said.at), reverse=True)


def _value(reading: Reading, card: KeyResultCard) -> str:
    own = card.reading is None or reading.metric == card.reading.metric
    part = next((part for part in card.parts if part.metric == reading.metric), None)
    unit, target = (part.unit, part.target) if part else (card.unit, card.target) if own else ("", None)
    return words.number(reading.value, unit, target)


def _counts(reading: Reading) -> str:
    if reading.numerator is None or reading.denominator is None:
        return words.UNKNOWN
    return f"{words.figure(reading.numerator, '')} / {words.figure(reading.denominator, '')}"


def _brief(card: KeyResultCard) -> str:
    """Where it is, where it should be, where it heads and what the next better word takes; the reason says the rest."""
    planned = (
        ""
        if card.planned is None or stands_on_milestone(card)
        else f", planned {words.number(card.planned, card.unit, card.actual)}"
    )
    return sentences(f"{actual_text(card)}{planned}, target {aim_text(card)}", heads_for(card), wanted(card))


def _way(card: KeyResultCard) -> str:
    """How far it is: clamped, for `okr explain` tells the raw number; a range where not all is known."""
    if card.progress is not None:
        return words.number(100 * min(max(card.progress, 0.0), 1.0), "percent", 100)
    if card.progress_range is None:
        return "not known"
    low, high = (words.figure(100 * end, "percent") for end in (card.progress_range.low, card.progress_range.high))
    return f"{low} to {high} %"


def _beyond(card: KeyResultCard) -> str:
    if card.progress is None or 0 <= card.progress <= 1:
        return ""
    return "worse than at its start" if card.progress < 0 else "past its target"


def _with_code(text: str) -> Markup:
    """What stands between backticks is a command."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))  # noqa: S704 - escaped before


def _per_cent(share: float) -> str:
    """A length for a bar: within 0 and 100."""
    return f"{100 * min(max(share, 0.0), 1.0):.1f}%"


@lru_cache(maxsize=1)
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "site"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    helpers: dict[str, Callable[..., Any]] = {
        "sign": sign,
        "small_graph": svg.small,
        "large_graph": svg.large,
        "strip_text": strip_text,
        "key_result_page": key_result_page,
        "objective_page": objective_page,
        "person": person,
        "standing_data": standing_data,
        "actual_text": actual_text,
        "stands_on_milestone": stands_on_milestone,
        "aim_text": aim_text,
        "way_text": way_text,
        "sentences": sentences,
        "gap": gap,
        "brief": _brief,
        "way": _way,
        "beyond": _beyond,
        "number": words.number,
        "figure": words.figure,
        "day": words.day,
        "long_day": words.long_day,
        "weekday": words.weekday,
        "period": words.period,
        "per_cent": _per_cent,
        "with_code": _with_code,
    }
    environment.globals.update(helpers)
    # Those that a table of readings has in each line are filters, which are cheaper to call.
    environment.filters.update(span=words.days, value=_value, ratio=_counts)
    environment.filters["joined"] = lambda text: text.replace("n = ", "n\u00a0=\u00a0")
    return environment
