"""okr history, export and backfill: everything that was ever believed, and what is believed of past days anew."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

import typer

from cli.exits import DEGRADED
from cli.run_commands import AsJson


def register(app: typer.Typer) -> None:
    """Adds this module's commands."""
    app.command()(history)
    app.command()(export)
    app.command()(backfill)


def history(
    key_result: Annotated[str, typer.Argument(help="The key result's id.")],
    as_json: AsJson = False,
) -> None:
    """Show every reading of a key result, restated ones too: the day it speaks for, and when it was believed."""
    from cli import as_json as documents
    from cli.tables import print_history
    from config.settings import settings
    from steps.history import history as find

    found = find(settings(), key_result)
    if as_json:
        typer.echo(documents.encode(documents.history_document(found)))
    else:
        print_history(found)


def export(
    table: Annotated[
        Literal["key-results", "readings", "check-ins"], typer.Option(help="Which table; key-results where absent.")
    ] = "key-results",
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="A .csv, .xlsx or .parquet file; CSV on standard output where absent."),
    ] = None,
) -> None:
    """Write the cycle's key results day by day, its readings with every correction, or its check-ins as one table."""
    from cli.opening import workspace
    from steps.export import as_csv
    from steps.export import export as write

    if out is None:
        typer.echo(as_csv(workspace(), table), nl=False)
        return
    typer.echo(f"wrote {write(workspace(), table, out):,} rows to {out}")


def backfill(
    first: Annotated[
        datetime, typer.Option("--from", formats=["%Y-%m-%d"], metavar="DAY", help="The first day to go over again.")
    ],
    last: Annotated[
        datetime, typer.Option("--to", formats=["%Y-%m-%d"], metavar="DAY", help="The last one, its end included.")
    ],
) -> None:
    """Read, measure and judge past days once more, restating what changed. Live coverage stays where it is."""
    from cli.opening import workspace
    from okr_model.words import plural
    from steps.backfill import backfill as run

    done = run(workspace(), first.date(), last.date())
    for outcome in done.outcomes.values():
        if outcome.error is not None:
            typer.echo(f"{outcome.name} failed: {outcome.error.message}", err=True)
    both = "; `okr history` shows both" if done.restated else ""
    typer.echo(f"{plural(done.days, 'day')} gone over, {plural(done.restated, 'reading')} restated{both}")
    if done.state != "completed":
        raise typer.Exit(DEGRADED)
