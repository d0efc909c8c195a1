"""Results as tables for a terminal. Every status is a word, so colour is never the only sign."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table
from rich.text import Text

from okr_model import words
from okr_model.scorecard import KeyResultCard, Scorecard

if TYPE_CHECKING:
    from config.loader import Config
    from ledger.outbox import OutboxRow
    from okr_model.exchange import ClosedCycle
    from okr_model.explanation import Explanation
    from steps.history import History
    from steps.sources import Described
    from steps.sync import SyncReport

STYLES = {
    "Off Track": "bold red",
    "No Data": "magenta",
    "Stale": "magenta",
    "At Risk": "yellow",
    "On Track": "green",
    "Complete": "cyan",
    "Missed": "bold red",
    "Partial": "yellow",
    "Not Measured": "magenta",
    "Achieved": "cyan",
}
PLAIN_WIDTH = 150


def console() -> Console:
    """Standard output: `[/b]` in a title is no markup. Wide where nobody's terminal sets the width."""
    width = None if sys.stdout.isatty() else PLAIN_WIDTH
    return Console(width=width, markup=False, emoji=False, highlight=False, soft_wrap=False)


def print_scorecard(scorecard: Scorecard) -> None:
    """One table per objective's key results, worst word beside its title."""
    out = console()
    out.print(
        f"{scorecard.cycle.id}, numbers to {words.weekday(scorecard.as_of)} {words.long_day(scorecard.as_of)} ", end=""
    )
    out.print(f"{scorecard.as_of.year}, {words.place(scorecard.cycle.timezone)}; cycle {scorecard.cycle.state}")
    for objective in scorecard.objectives:
        out.print()
        out.print(f"{objective.title}  [{objective.reason}]", style="bold")
        out.print(_key_results(objective.key_results))


def _key_results(cards: Sequence[KeyResultCard]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading, wide in (("key result", 16), ("status", 11), ("actual", 10), ("target", 24), ("why", None)):
        table.add_column(heading, width=wide, overflow="fold", header_style="dim")
    for card in cards:
        actual = words.number(card.actual, card.unit, card.target)
        status = Text(card.status, style=STYLES.get(card.status, ""))
        why = "; ".join((card.reason, *card.notes))
        table.add_row(card.id, status, actual, card.target_text, why)
    return table


def print_sync(report: SyncReport) -> None:
    """What was pulled, what failed, and where everything stands."""
    out = console()
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in ("source", "state", "new or changed", "unchanged", "requests", "complete to"):
        table.add_column(heading, header_style="dim")
    zone = report.scorecard.cycle.timezone
    for outcome in report.outcomes.values():
        stored = sum(each.stored for each in outcome.facts.values())
        unchanged = sum(each.unchanged for each in outcome.facts.values())
        until = words.UNKNOWN if outcome.complete_to is None else words.instant(outcome.complete_to, zone)
        table.add_row(outcome.name, outcome.state, f"{stored:,}", f"{unchanged:,}", f"{outcome.requests:,}", until)
    out.print(table)
    for outcome in report.outcomes.values():
        if outcome.error is not None:
            out.print(f"{outcome.name} {outcome.state}: {outcome.error.message}", style="red")
    out.print()
    print_scorecard(report.scorecard)


def print_explanation(explanation: Explanation) -> None:
    """Headed lines."""
    out = console()
    out.print(explanation.key_result.title, style="bold")
    for paragraph in explanation.paragraphs:
        out.print()
        out.print(paragraph.heading, style="underline")
        for line in paragraph.lines:
            out.print(f"  {line}")


def print_closed(closed: ClosedCycle) -> None:
    """One row per key result."""
    out = console()
    how = "closed provisionally; close it again when the final readings exist" if closed.provisional else "closed"
    out.print(f"{closed.cycle} {how}", style="bold")
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in ("key result", "outcome", "why"):
        table.add_column(heading, header_style="dim")
    for each in closed.outcomes:
        table.add_row(each.key_result, Text(each.word, style=STYLES.get(each.word, "")), each.reason)
    out.print(table)


def print_history(found: History) -> None:
    """One row per belief, the restated ones marked, then what people said."""
    out = console()
    out.print(found.key_result.title, style="bold")
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    defined = {(each.reading.metric, each.reading.definition) for each in found.beliefs}
    several = len(defined) > len({metric for metric, _ in defined})
    definition = ("definition",) if several else ()
    for heading in ("as of", "metric", "period", "value", "n", "recorded", "restated", *definition):
        table.add_column(heading, header_style="dim")
    for belief in found.beliefs:
        reading = belief.reading
        value = words.number(reading.value, found.key_result.unit) if reading.state == "ok" else reading.reason or ""
        recorded, restated = (
            "" if at is None else f"{words.local_day(at, found.zone)} {words.instant(at, found.zone)[-5:]}"
            for at in (reading.recorded_at, belief.restated_at)
        )
        cells = [reading.metric, reading.period or "", value, f"{reading.n:,}", recorded, restated]
        cells += [reading.definition] if several else []
        table.add_row(str(reading.as_of), *cells)
    for said in found.check_ins:
        settled = f"{said.period} {said.settled}" if said.settled else ""
        value = said.value or (f"{said.milestone} done" if said.milestone else settled)
        recorded = f"{words.local_day(said.recorded_at, found.zone)} {words.instant(said.recorded_at, found.zone)[-5:]}"
        table.add_row(str(said.as_of), "check-in", said.period or "", value, "", recorded, "")
    out.print(table)


def print_sources(sources: Sequence[Described]) -> None:
    """One row per source and fact."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in ("source", "connector", "fact", "complete to (UTC)", "last pull"):
        table.add_column(heading, header_style="dim")
    for source in sources:
        until = {each.fact: words.instant(each.complete_to, "UTC") for each in source.coverages}
        last = "never pulled" if source.outcome is None else source.outcome.state
        for fact in source.facts or ("(answers queries)",):
            table.add_row(source.name, source.connector, fact, until.get(fact, words.UNKNOWN), last)
    console().print(table)


def print_outbox(rows: Sequence[OutboxRow], zone: ZoneInfo) -> None:
    """One row per delivery."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in ("id", "digest", "period", "audience", "by", "to", "state", "since", "why"):
        table.add_column(heading, header_style="dim")
    for row in rows:
        since = words.instant(row.changed_at, zone)
        known = (str(row.id or ""), row.digest, row.period, row.audience, row.channel, row.recipient, row.state, since)
        table.add_row(*known, row.reason or "")
    console().print(table)


def print_checked(config: Config) -> None:
    """What the files hold, where they hold no problem."""
    plan = config.plan
    counts = (
        words.plural(len(config.sources), "source"),
        words.plural(len(plan.metrics), "metric"),
        words.plural(len(plan.objectives), "objective"),
        words.plural(len(plan.key_results()), "key result"),
        words.plural(len(config.audiences), "audience"),
    )
    console().print(f"ok: {words.listed(counts)}")
