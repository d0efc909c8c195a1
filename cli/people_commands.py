"""okr checkin and baseline: what a person adds to a key result."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import typer


def register(app: typer.Typer) -> None:
    """Adds this module's commands."""
    app.command()(checkin)
    app.command()(baseline)


def checkin(
    key_result: Annotated[str, typer.Argument(help="The key result's id.")],
    note: Annotated[str | None, typer.Option(help="What happened.")] = None,
    challenge: Annotated[str | None, typer.Option(help="What is in the way.")] = None,
    insight: Annotated[str | None, typer.Option(help="What was learnt.")] = None,
    confidence: Annotated[int | None, typer.Option(help="1 to 10: will it be reached?")] = None,
    value: Annotated[str | None, typer.Option(help="The number, for a key result without a metric.")] = None,
    milestone: Annotated[
        str | None, typer.Option(metavar="NAME", help="A milestone of its target that is reached.")
    ] = None,
    as_of: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], metavar="DAY", help="The day it holds from; today where absent."),
    ] = None,
    by: Annotated[str | None, typer.Option(help="Who says it.")] = None,
    period: Annotated[
        str | None, typer.Option(metavar="LABEL", help="A week, month or quarter that nothing could be measured of.")
    ] = None,
    settle: Annotated[
        Literal["met", "missed"] | None, typer.Option(help="What holds of that period when the cycle closes.")
    ] = None,
    override: Annotated[
        str | None, typer.Option(metavar="STATUS", help="Show this status instead, until a day and with a note.")
    ] = None,
    until: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], metavar="DAY", help="The last day of the override.")
    ] = None,
) -> None:
    """Record a note, a value or a milestone. The next sync judges with it."""
    from cli.opening import workspace
    from steps.checkin import Said, check_in

    day = None if as_of is None else as_of.date()
    said = Said(
        *(key_result, note, challenge, insight, confidence, value, milestone, day, by),
        override=override,
        until=None if until is None else until.date(),
        period=period,
        settled=settle,
    )
    kept = check_in(workspace(), said)
    typer.echo(f"recorded for {kept.key_result} as of {kept.as_of}; `okr sync` judges with it")


def baseline(
    key_result: Annotated[str | None, typer.Argument(help="The key result's id; all where absent.")] = None,
    value: Annotated[str | None, typer.Option(help="The number to measure the change against.")] = None,
    note: Annotated[str | None, typer.Option(help="Where the number is from; needed with --value.")] = None,
) -> None:
    """Show what changes are measured against, or give the number where it could not be measured."""
    from cli.opening import workspace
    from steps.baseline import give, shown

    work = workspace()
    if value is not None:
        given = give(work, key_result, value, note)
        typer.echo(f"recorded for {given.key_result}: {given.sentence}; `okr sync` judges with it")
        return
    for each in shown(work, key_result):
        typer.echo(f"{each.key_result}: {each.sentence}")
