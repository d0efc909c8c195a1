"""okr cycle: how a cycle ends, and how the next one begins."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from cli.run_commands import AsJson, day

cycle = typer.Typer(name="cycle", no_args_is_help=True, help="Close a cycle that has ended, and open the next one.")


def register(app: typer.Typer) -> None:
    """Adds this module's commands."""
    app.add_typer(cycle)


@cycle.command()
def close(
    provisional: Annotated[
        bool, typer.Option("--provisional", help="Do not wait for final readings: close by what is known so far.")
    ] = False,
    drop: Annotated[
        list[str] | None, typer.Option(metavar="KR", help="A key result that was given up (may be given again).")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Score every key result by its final reading. Refused while final readings are still waited for."""
    from cli import as_json as documents
    from cli.opening import workspace
    from cli.tables import print_closed
    from steps.cycle import close_cycle, close_cycle_provisionally

    closing = (close_cycle_provisionally if provisional else close_cycle)(workspace(), drop or [])
    if as_json:
        typer.echo(documents.encode(documents.closed_document(closing.closed)))
    else:
        print_closed(closing.closed)


@cycle.command("open")
def open_(
    name: Annotated[
        str | None, typer.Option("--id", help="Its id; where absent, the quarter after this one's.")
    ] = None,
    end: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"], metavar="DAY", help="The day after its last; as long as this one where absent."
        ),
    ] = None,
) -> None:
    """Write okrs.yaml for the next cycle: the same objectives, every target asked for, the old file kept beside it."""
    from cli.opening import workspace
    from steps.cycle import open_next

    new, kept = open_next(workspace(), name, day(end))
    typer.echo(f"wrote {new}; the last cycle's is kept as {kept}")
    typer.echo("next: say each target that is TODO; `okr check` names their lines")
