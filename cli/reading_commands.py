"""okr readings: numbers outside their guard, which wait for a person."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import typer

Metric = Annotated[str, typer.Argument(help="The metric's id.")]
Day = Annotated[datetime, typer.Option("--as-of", formats=["%Y-%m-%d"], metavar="DAY", help="The reading's day.")]
By = Annotated[str, typer.Option(metavar="NAME", help="Who decides.")]
Note = Annotated[str, typer.Option(metavar="TEXT", help="How it is known.")]
Period = Annotated[str | None, typer.Option(metavar="LABEL", help="Of this period rather than the metric's window.")]


def register(app: typer.Typer) -> None:
    """Adds this module's commands."""
    readings = typer.Typer(no_args_is_help=True, help="Numbers outside their guard: look, release, reject.")
    readings.command()(held)
    readings.command()(release)
    readings.command()(reject)
    app.add_typer(readings, name="readings")


def held() -> None:
    """List the readings that wait for a person."""
    from cli.opening import workspace
    from steps.rule import held as waiting

    found = waiting(workspace())
    for each in found:
        period = f" --period {each.period}" if each.period else ""
        typer.echo(f"{each.metric} --as-of {each.as_of}{period}  {each.reason}")
    if not found:
        typer.echo("no reading is held")


def release(metric: Metric, as_of: Day, by: By, note: Note, period: Period = None) -> None:
    """Believe a held number: it counts as ok from the next sync on, with your name beside it."""
    _rule("released", metric, as_of, period, by, note)


def reject(metric: Metric, as_of: Day, by: By, note: Note, period: Period = None) -> None:
    """Do not believe a held number: its day stays without a value, and says why."""
    _rule("rejected", metric, as_of, period, by, note)


def _rule(
    word: Literal["released", "rejected"], metric: str, as_of: datetime, period: str | None, by: str, note: str
) -> None:
    from cli.opening import workspace
    from steps.rule import rule

    rule(workspace(), word, metric, as_of.date(), period=period, by=by, note=note)
    typer.echo(f"{word} {metric} of {as_of.date()}; `okr sync` judges with it")
